import { fail } from "../errors.ts";
import { type Act, act } from "./act.ts";

/** What stood where before anything was changed, for hands that must put it back; kept by the controller. JSON. */
export interface HostRecord {
  readonly hostname: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly firmware: "bios" | "uefi";
  readonly chassisSerial?: string;
  /** Kernel names and paths of that moment. */
  readonly disks: readonly RecordedDisk[];
  /** `sfdisk --dump` of each disk, by its serial number. */
  readonly tables: Readonly<Record<string, string>>;
  /** `mdadm --detail` and, of its members, `--examine`, by the array's kernel name of that moment. */
  readonly arrays: Readonly<Record<string, string>>;
  /** LVM's own restorable text of each volume group, by its name. */
  readonly volumeGroups: Readonly<Record<string, string>>;
  readonly mdadmConf?: string;
  /** Passwords in options are left out. */
  readonly fstab?: string;
  readonly crypttab?: string;
  readonly swaps?: string;
  /** `efibootmgr -v` */
  readonly efiBoot?: string;
  readonly grubDevices?: string;
  readonly lsblk?: string;
  readonly zpools?: string;
  readonly btrfs?: string;
  readonly guests?: string;
  /** KiB per second: `speed_limit_max`. */
  readonly speedLimitMax?: string;
}

export interface RecordedDisk {
  readonly serial: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly path?: string;
}

/** Reads, and writes nothing on the host. {@link readRecord} reads what it prints. */
export function recordHost(): Act {
  return act({ name: "recording the host", limitMs: 120_000, shell: [shell], body });
}

/** One line per text: key, name and text, the last two in base64: nothing in a table or a file can look like a line of ours. */
const shell = `
h_put() { # key, name: with what comes on stdin, unless that is nothing
  h_text=$(base64 | tr -d '\\n')
  [ -z "$h_text" ] || printf '%s %s %s\\n' "$1" "$(printf '%s' "$2" | base64 | tr -d '\\n')" "$h_text"
}
h_file() { [ ! -r "$2" ] || h_put "$1" - < "$2"; }
h_said() { # key, command: what it says, where there is one
  h_key=$1; shift
  ! have "$1" || "$@" 2>/dev/null | h_put "$h_key" -
}
h_path() { # kernel name: the place that it hangs at, in $h_place
  h_place=-
  for h_one in /dev/disk/by-path/*; do
    [ "$h_one" -ef "/dev/$1" ] && h_place=\${h_one##*/} && return 0
  done
}
`;

const body = `
uname -n | h_put hostname -
h_file machineId /etc/machine-id
h_file bootId /proc/sys/kernel/random/boot_id
if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi | h_put firmware -
h_file chassisSerial /sys/class/dmi/id/product_serial
for h_disk in /sys/block/*; do
  [ -e "$h_disk/device" ] || continue
  h_name=\${h_disk##*/}
  disk_serial "$h_name"; h_serial=$d_text
  [ -n "$h_serial" ] || continue
  d_bytes "$h_name"
  disk_line "$h_disk/queue/logical_block_size"; h_unit=$d_text
  h_path "$h_name"
  printf '%s %s %s %s\\n' "$h_name" "$d_size" "$h_unit" "$h_place" | h_put disk "$h_serial"
  sfdisk --dump "/dev/$h_name" 2>/dev/null | h_put table "$h_serial"
done
for h_array in /sys/block/md*/md; do
  [ -d "$h_array" ] || continue
  h_name=\${h_array%/md}; h_name=\${h_name##*/}
  { mdadm --detail "/dev/$h_name"
    for h_one in "$h_array"/dev-*; do [ ! -e "$h_one" ] || mdadm --examine "/dev/\${h_one##*/dev-}"; done; } 2>/dev/null | h_put array "$h_name"
done
if have vgs && have vgcfgbackup; then
  for h_name in $(vgs --noheadings -o vg_name 2>/dev/null); do
    h_temp=$(mktemp) || stop 'no room for a temporary file'
    ! vgcfgbackup -f "$h_temp" "$h_name" >/dev/null 2>&1 || h_put volumeGroup "$h_name" < "$h_temp"
    rm -f "$h_temp"
  done
fi
if [ -r /etc/mdadm/mdadm.conf ]; then h_file mdadmConf /etc/mdadm/mdadm.conf; else h_file mdadmConf /etc/mdadm.conf; fi
[ ! -r /etc/fstab ] || sed 's/\\(pass[a-z0-9]*\\)=[^,[:space:]]*/\\1=***/g' /etc/fstab | h_put fstab -
h_file crypttab /etc/crypttab
h_file swaps /proc/swaps
h_file speedLimitMax /proc/sys/dev/raid/speed_limit_max
h_said efiBoot efibootmgr -v
h_said grubDevices debconf-show grub-pc
h_said lsblk lsblk -J -b -o NAME,TYPE,SIZE,FSTYPE,LABEL,UUID,PARTTYPE,PARTUUID,SERIAL,WWN,HCTL,MOUNTPOINTS
h_said zpools zpool status -P
h_said btrfs btrfs filesystem show
h_said guests virsh list --all
h_said guests xl list
h_said guests qm list
printf 'complete\\n'`;

const texts = [
  ...(["chassisSerial", "mdadmConf", "fstab", "crypttab", "swaps", "efiBoot", "grubDevices"] as const),
  ...(["lsblk", "zpools", "btrfs", "guests", "speedLimitMax"] as const),
];

/** @throws `act-unreadable` when it was cut off, or when what every host has is missing */
export function readRecord(lines: readonly string[]): HostRecord {
  if (lines.at(-1) !== "complete") throw unreadable("its end is missing");
  const found = lines.slice(0, -1).map(textIn);
  const one = (key: string) =>
    found
      .filter((entry) => entry.key === key)
      .map(({ text }) => text.trim())
      .join("\n") || undefined;
  const named = (key: string) =>
    Object.fromEntries(found.filter((entry) => entry.key === key).map(({ name, text }) => [name, text]));
  const must = (key: string) => one(key) ?? unreadableThrown(`it has no ${key}`);
  return {
    hostname: must("hostname"),
    machineId: one("machineId") ?? "",
    bootId: must("bootId"),
    firmware: must("firmware") === "uefi" ? "uefi" : "bios",
    disks: found.filter(({ key }) => key === "disk").map(({ name, text }) => diskOf(name, text)),
    tables: named("table"),
    arrays: named("array"),
    volumeGroups: named("volumeGroup"),
    ...Object.fromEntries(texts.flatMap((key) => (one(key) === undefined ? [] : [[key, one(key)]]))),
  };
}

function diskOf(serial: string, text: string): RecordedDisk {
  const [name = "", size, unit, path] = text.trim().split(" ");
  const at = path === undefined || path === "-" ? {} : { path };
  return { serial, name, sizeBytes: Number(size), logicalSectorBytes: Number(unit), ...at };
}

function textIn(line: string) {
  const [key = "", name, text] = line.split(" ");
  if (name === undefined || text === undefined)
    throw unreadable(`a line of it is ${JSON.stringify(line.slice(0, 60))}`);
  const decoded = (word: string) => Buffer.from(word, "base64").toString("utf8");
  return { key, name: decoded(name), text: decoded(text) };
}

const unreadable = (reason: string) => fail("act-unreadable", { act: "recording the host", reason });

function unreadableThrown(reason: string): never {
  throw unreadable(reason);
}
