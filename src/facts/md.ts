import { diskShell } from "./disk-shell.ts";
import { type Fact, numberOf, parseBlocks } from "./fact.ts";

/** An array of Linux's software RAID, as sysfs has it: md(4), the kernel's Documentation/admin-guide/md.rst. */
export interface MdArray {
  readonly name: string;
  readonly uuid?: string;
  /** `raid1`, `raid5`, `raid10`, … */
  readonly level: string;
  readonly metadata: string;
  /** array_state: `clean`, `active`, `read-auto`, `inactive`, `broken`, … */
  readonly state: string;
  readonly raidDisks: number;
  /** Slots without a member in them that is in sync. */
  readonly degraded: number;
  /** `idle`, `resync`, `recover`, `check`, `repair`, `reshape`; idle alone doesn't mean that all is well. */
  readonly syncAction: string;
  /** 0 to 1, of what runs now. */
  readonly syncCompleted?: number;
  readonly mismatches: number;
  readonly sizeBytes: number;
  readonly members: readonly MdMember[];
}

export interface MdMember {
  /** The kernel's name: `sda3`. */
  readonly device: string;
  readonly serial?: string;
  /** `undefined`: a spare, or one that failed. */
  readonly slot?: number;
  /** `in_sync`, `faulty`, `spare`, `write_error`, `want_replacement`, `blocked`, … */
  readonly states: readonly string[];
  readonly errors: number;
  /** Sectors that it can't be read at, as `first length`; a rebuild copies such holes into the new disk. */
  readonly badBlocks: readonly string[];
}

const script = `${diskShell}
for d_md in /sys/block/md*/md; do
  [ -d "$d_md" ] || continue
  d_name=\${d_md%/md}; d_name=\${d_name##*/}
  printf '%s\\n' "array=$d_name"
  read -r d_size < "/sys/block/$d_name/size"; printf '%s\\n' "sectors=$d_size"
  for d_key in level metadata_version array_state raid_disks degraded sync_action sync_completed mismatch_cnt uuid; do
    disk_line "$d_md/$d_key"; printf '%s\\n' "$d_key=$d_text"
  done
  disk_udev "$d_name" MD_UUID; printf '%s\\n' "udev_uuid=$d_text"
  for d_dev in "$d_md"/dev-*; do
    [ -d "$d_dev" ] || continue
    d_member=\${d_dev##*/dev-}
    d_whole=$(readlink -f "/sys/class/block/$d_member"); d_whole=\${d_whole%/"$d_member"}; d_whole=\${d_whole##*/}
    [ -e "/sys/block/$d_whole" ] || d_whole=$d_member
    disk_line "$d_dev/slot"; d_slot=$d_text
    disk_line "$d_dev/state"; d_state=$d_text
    disk_line "$d_dev/errors"; d_errors=$d_text
    disk_serial "$d_whole"
    printf '%s\\n' "member.$d_member=$d_slot $d_state \${d_errors:-0} $d_text"
    while IFS= read -r d_text; do printf '%s\\n' "bad.$d_member.$d_text"; done < "$d_dev/bad_blocks"
  done
done`;

function parse(lines: readonly string[]): readonly MdArray[] {
  return parseBlocks(lines, "array").map((found) => {
    const text = (key: string) => found.get(key) ?? "";
    const [done, total] = text("sync_completed").split(" / ").map(Number);
    const uuid = uuidOf(text("udev_uuid") || text("uuid"));
    return {
      name: text("array"),
      ...(uuid ? { uuid } : {}),
      level: text("level"),
      metadata: text("metadata_version"),
      state: text("array_state"),
      raidDisks: numberOf(text("raid_disks").split(" ")[0]) ?? 0,
      degraded: numberOf(text("degraded")) ?? 0,
      syncAction: text("sync_action") || "none",
      ...(done !== undefined && total ? { syncCompleted: done / total } : {}),
      mismatches: numberOf(text("mismatch_cnt")) ?? 0,
      sizeBytes: (numberOf(text("sectors")) ?? 0) * 512,
      members: membersOf(found),
    };
  });
}

/** As mdadm writes it, whoever tells it: four groups of eight digits. */
const uuidOf = (text: string) => (text.replaceAll(/[:-]/g, "").match(/.{8}/g) ?? []).join(":");

function membersOf(found: ReadonlyMap<string, string>): MdMember[] {
  return [...found].flatMap(([key, value]) => {
    if (!key.startsWith("member.")) return [];
    const device = key.slice("member.".length);
    const [slot, states = "", errors, serial] = value.split(" ");
    const place = numberOf(slot);
    const bad = [...found.keys()].filter((one) => one.startsWith(`bad.${device}.`));
    return [
      {
        device,
        ...(serial ? { serial } : {}),
        ...(place === undefined ? {} : { slot: place }),
        states: states.split(",").filter(Boolean),
        errors: numberOf(errors) ?? 0,
        badBlocks: bad.map((one) => one.slice(`bad.${device}.`.length)),
      },
    ];
  });
}

export const md: Fact<readonly MdArray[]> = { name: "md", cheap: false, script, parse };
