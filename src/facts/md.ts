import { diskShell } from "../disk-shell.ts";
import type { Member, RaidArray } from "../disks.ts";
import { type Fact, numberOf, parseBlocks } from "./fact.ts";

const script = `${diskShell}
d_log= d_title= d_uptime=
for d_md in /sys/block/md*/md; do
  [ -d "$d_md" ] || continue
  read -r d_uptime d_rest < /proc/uptime
  d_log=$(dmesg -r | grep -E 'md[^ ]*: data-check done|md[^ ]* stopped|md[^ ]*: .*active with')
  break
done
for d_md in /sys/block/md*/md; do
  [ -d "$d_md" ] || continue
  d_name=\${d_md%/md}; d_name=\${d_name##*/}
  printf '%s\\n' "array=$d_name"
  read -r d_size < "/sys/block/$d_name/size"; printf '%s\\n' "sectors=$d_size"
  for d_key in level metadata_version array_state raid_disks degraded layout sync_action sync_completed sync_speed \\
    last_sync_action mismatch_cnt bitmap/location uuid; do
    disk_line "$d_md/$d_key"; printf '%s\\n' "$d_key=$d_text"
  done
  for d_key in MD_UUID MD_DEVNAME MD_NAME; do
    disk_udev "$d_name" "$d_key"; printf '%s\\n' "udev.$d_key=$d_text"
  done
  for d_link in /dev/md/*; do
    [ "$(readlink -f "$d_link")" != "/dev/$d_name" ] || printf '%s\\n' "link=\${d_link##*/}"
  done
  d_checked=
  while IFS= read -r d_row; do
    case $d_row in
      *"md: $d_name: data-check done"*) d_checked=$d_row ;;
      *" $d_name stopped"* | *":$d_name: "*"active with"*) d_checked= ;;
    esac
  done <<md_log
$d_log
md_log
  printf '%s\\n' "uptime=$d_uptime" "checked=$d_checked"
  for d_dev in "$d_md"/dev-*; do
    [ -d "$d_dev" ] || continue
    d_member=\${d_dev##*/dev-}
    disk_line "$d_dev/slot"; d_slot=$d_text
    disk_line "$d_dev/state"; d_state=$d_text
    disk_line "$d_dev/errors"; d_errors=$d_text
    d_text=
    if [ -L "$d_dev/block" ] && [ ! -e "$d_dev/block" ]; then
      printf '%s\\n' "gone.$d_member=yes"
    else
      d_whole=$(readlink -f "/sys/class/block/$d_member"); d_whole=\${d_whole%/"$d_member"}; d_whole=\${d_whole##*/}
      [ -e "/sys/block/$d_whole" ] || d_whole=$d_member
      case $d_state in
        *faulty*) ;;
        *) disk_within 20 mdadm --examine --export "/dev/$d_member" | while IFS= read -r d_row; do
            printf '%s\\n' "x.$d_member.$d_row"
          done ;;
      esac
      disk_serial "$d_whole"
    fi
    printf '%s\\n' "member.$d_member=$d_slot \${d_state:--} \${d_errors:-0} $d_text"
    while IFS= read -r d_text; do printf '%s\\n' "bad.$d_member.$d_text"; done < "$d_dev/bad_blocks"
  done
done`;

type Told = ReadonlyMap<string, string>;

function parse(lines: readonly string[]): readonly RaidArray[] {
  return parseBlocks(lines, "array")
    .filter(isArray)
    .map((found) => {
      const text = (key: string) => found.get(key) ?? "";
      const number = (key: string) => numberOf(text(key).split(" ")[0]) ?? 0;
      return {
        name: text("array"),
        ...nameOf(found),
        level: text("level") || (isContainer(found) ? "container" : (examined(found, "MD_LEVEL") ?? "")),
        metadata: text("metadata_version"),
        state: text("array_state"),
        raidDisks: number("raid_disks") || (numberOf(examined(found, "MD_DEVICES")) ?? 0),
        degraded: number("degraded"),
        layout: number("layout"),
        syncAction: text("sync_action") || "none",
        ...progressOf(found),
        mismatches: number("mismatch_cnt"),
        hasBitmap: !["", "none"].includes(text("bitmap/location")),
        sizeBytes: number("sectors") * 512,
        members: membersOf(found),
      };
    });
}

/** md.rst: `external:imsm` keeps the metadata of arrays in it, which say `external:/md127/0`, or with `-` when they are read-only. */
const isContainer = (found: Told) => /^external:[^/-]/.test(found.get("metadata_version") ?? "");

/** What members' superblocks say: an array that doesn't run says little itself. */
const examined = (found: Told, key: string) =>
  [...found].find(([name]) => name.startsWith("x.") && name.endsWith(`.${key}`))?.[1];

function nameOf(found: Told): Pick<RaidArray, "title" | "uuid"> {
  const name = found.get("udev.MD_NAME") || examined(found, "MD_NAME") || "";
  // md(4): who made it stands before the colon.
  const title = found.get("udev.MD_DEVNAME") || found.get("link") || name.slice(name.indexOf(":") + 1);
  const told = ["udev.MD_UUID", "uuid"].map((key) => uuidOf(found.get(key) ?? ""));
  const uuid = told.find((one) => /[1-9a-f]/.test(one));
  // An array made as /dev/md0 has the name `0`: nobody calls it that.
  return { ...(/\D/.test(title) ? { title } : {}), ...(uuid ? { uuid } : {}) };
}

/** md.rst: `clear` has no devices, no size, no level. So a device stays for a while, or for good, after its array was stopped. */
const isArray = (found: Told) => found.get("array_state") !== "clear" || membersOf(found).length > 0;

/** As mdadm writes it, whoever tells it: four groups of eight digits. */
const uuidOf = (text: string) => (text.replaceAll(/[:-]/g, "").match(/.{8}/g) ?? []).join(":");

function progressOf(found: Told): Partial<RaidArray> {
  const [done, total] = (found.get("sync_completed") ?? "").split(" / ").map(Number);
  const speed = numberOf(found.get("sync_speed"));
  const last = found.get("last_sync_action");
  const at = /\[ *(\d+)\.\d+\]/.exec(found.get("checked") ?? "")?.[1];
  const uptime = Number.parseFloat(found.get("uptime") ?? "");
  return {
    ...(done !== undefined && total ? { syncCompleted: done / total } : {}),
    ...(speed === undefined ? {} : { syncKibPerSecond: speed }),
    ...(last && last !== "none" ? { lastSyncAction: last } : {}),
    ...(at && uptime >= 0 ? { checkedAgoSeconds: Math.max(0, Math.floor(uptime) - Number(at)) } : {}),
  };
}

function membersOf(found: Told): Member[] {
  return [...found].flatMap(([key, value]) => {
    if (!key.startsWith("member.")) return [];
    const device = key.slice("member.".length);
    const [slot, states = "", errors, ...rest] = value.split(" ");
    const serial = rest.join(" ");
    const place = numberOf(slot);
    const events = numberOf(found.get(`x.${device}.MD_EVENTS`));
    const bad = [...found.keys()].filter((one) => one.startsWith(`bad.${device}.`));
    return [
      {
        device,
        ...(serial ? { serial } : {}),
        ...(found.has(`gone.${device}`) ? { gone: true as const } : {}),
        ...(place === undefined ? {} : { slot: place }),
        states: states.split(",").filter((state) => state && state !== "-"),
        errors: numberOf(errors) ?? 0,
        badBlocks: bad.map((one) => one.slice(`bad.${device}.`.length)),
        ...(events === undefined ? {} : { events }),
      },
    ];
  });
}

/** Arrays of Linux's software RAID: sysfs is the truth, superblocks and the kernel's log tell the rest. */
export const md: Fact<readonly RaidArray[]> = { name: "md", cheap: false, script, parse };
