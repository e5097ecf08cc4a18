import type { BootState } from "../disks.ts";
import { bootShell } from "./boot-shell.ts";
import { type Fact, pairOf } from "./fact.ts";
import { type Firmware, firmware } from "./firmware.ts";

export interface BootLoaders {
  readonly firmware: Firmware;
  readonly disks: readonly BootState[];
}

/** Types of partitions: UEFI 2.10 §5.3.3 (MBR: §5.2.2), GRUB's manual "BIOS installation". */
const script = `${bootShell}
b_firmware=$(${firmware.script})
printf '%s\\n' "firmware=$b_firmware"
for d_path in /sys/block/*; do
  disk_here "$d_path" || continue
  d_name=\${d_path##*/}
  printf '%s\\n' "disk=$d_name"
  disk_serial "$d_name"; printf '%s\\n' "serial=$d_text"
  ! boot_code "$d_name" || echo code=yes
  for d_part in "$d_path/$d_name"*; do
    [ -r "$d_part/partition" ] || continue
    b_part=\${d_part##*/}
    boot_property "$b_part" ID_PART_ENTRY_UUID PARTUUID; printf '%s\\n' "part=$d_text"
    boot_property "$b_part" ID_PART_ENTRY_TYPE PARTTYPE
    case $d_text in
      21686148-6449-6[eE]6[fF]-744[eE]-656564454649) printf '%s\\n' "bios=$b_part $(boot_core "$b_part")" ;;
      [cC]12[aA]7328-[fF]81[fF]-11[dD]2-[bB][aA]4[bB]-00[aA]0[cC]93[eE][cC]93[bB] | 0xef)
        boot_property "$b_part" ID_FS_UUID UUID; printf '%s\\n' "esp=$b_part $d_text"
        { boot_files "$b_part" || echo unread=yes; } | while IFS= read -r b_file; do
          case $b_file in unread=yes) echo unread=yes ;; *) printf '%s\\n' "file=$b_file" ;; esac
        done ;;
    esac
  done
done
[ "$b_firmware" != uefi ] || efibootmgr -v | while IFS= read -r b_entry; do printf '%s\\n' "efi=$b_entry"; done`;

type Pair = readonly [key: string, value: string];

function parse(lines: readonly string[]): BootLoaders {
  const pairs = lines.map(pairOf);
  const blocks: Pair[][] = [];
  for (const pair of pairs) {
    if (pair[0] === "disk") blocks.push([]);
    blocks.at(-1)?.push(pair);
  }
  const entries = entriesOf(values(pairs, "efi"));
  return { firmware: firmware.parse(values(pairs, "firmware")), disks: blocks.map((block) => diskOf(block, entries)) };
}

const values = (pairs: readonly Pair[], key: string) => pairs.flatMap(([one, value]) => (one === key ? [value] : []));

function diskOf(block: readonly Pair[], entries: readonly Entry[]): BootState {
  const [serial] = values(block, "serial");
  const [bios] = values(block, "bios");
  const [partition = "", state, digest = ""] = bios?.split(" ") ?? [];
  const own = values(block, "part").map((uuid) => uuid.toLowerCase());
  return {
    disk: values(block, "disk")[0] ?? "",
    ...(serial ? { serial } : {}),
    bootCode: values(block, "code").length > 0,
    ...(bios ? { biosBoot: { partition, empty: state === "empty", digest } } : {}),
    ...espOf(block),
    entries: entries.filter(({ partUuid }) => own.includes(partUuid)).map(({ number }) => number),
  };
}

/** The first one, if a disk has several. */
function espOf(block: readonly Pair[]): Pick<BootState, "esp"> {
  const start = block.findIndex(([key]) => key === "esp");
  if (start < 0) return {};
  const next = block.findIndex(([key], index) => index > start && key === "part");
  const told = block.slice(start, next < 0 ? undefined : next);
  const [partition = "", uuid] = (told[0]?.[1] ?? "").split(" ");
  const files = values(told, "file").flatMap((line) => {
    const [, digest, path] = /^\\?([0-9a-f]{64}) [ *]\.\/(.*)$/.exec(line) ?? [];
    return digest && path ? [[path.toLowerCase(), digest] as const] : [];
  });
  return {
    esp: {
      partition,
      ...(uuid ? { uuid } : {}),
      files: Object.fromEntries(files),
      ...(values(told, "unread").length > 0 ? { unread: true as const } : {}),
    },
  };
}

interface Entry {
  readonly number: string;
  readonly partUuid: string;
}

/**
 * Active entries (`*`) of efibootmgr(8) that name a partition, in BootOrder; others aren't tried. Of an MBR's partition
 * the kernel makes a PARTUUID of the disk's signature and the number.
 */
function entriesOf(lines: readonly string[]): readonly Entry[] {
  const order = lines.flatMap((line) => /^BootOrder: (.*)$/.exec(line)?.[1]?.split(",") ?? []);
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, number, place, kind, id = ""] =
      /^Boot([0-9A-Fa-f]{4})\* .*?HD\((\d+),(GPT|MBR),([0-9a-fA-Fx-]+)/.exec(line) ?? [];
    if (!number) continue;
    const signature = id.replace(/^0x/i, "").padStart(8, "0");
    const uuid = kind === "GPT" ? id : `${signature}-${Number(place).toString(16).padStart(2, "0")}`;
    found.set(number, uuid.toLowerCase());
  }
  return order.flatMap((number) => {
    const partUuid = found.get(number.trim());
    return partUuid ? [{ number: number.trim(), partUuid }] : [];
  });
}

/** Which disks could start the machine by themselves, as far as it shows from outside. */
export const bootLoaders: Fact<BootLoaders> = { name: "bootLoaders", cheap: false, script, parse };
