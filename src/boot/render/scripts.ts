import type { InterfaceView, MachineView } from "./machine.ts";

/**
 * Pieces of POSIX shell that several installers run. Each is a list of lines that may also be joined by blanks, because
 * a preseeded command is a single line: hence the semicolons, and no comments and no backslashes.
 */

/**
 * `find_disk SERIAL WWN MIN_BYTES` (empty: doesn't matter) prints /dev/NAME of the only disk that fits; else it prints
 * an error code and a sentence, and fails. The serial is the one that lsblk shows: udev's, where the kernel knows none.
 */
export const findDisk: readonly string[] = [
  `property_of() { udevadm info --query=property --name="/dev/$1" 2>/dev/null | sed -n "s/^$2=//p" | head -n 1; };`,
  `serial_of() {`,
  `  for property in ID_SCSI_SERIAL ID_SERIAL_SHORT ID_SERIAL; do`,
  `    value=$(property_of "$1" "$property");`,
  `    if [ -n "$value" ]; then echo "$value"; return; fi;`,
  `  done;`,
  `  cat "/sys/block/$1/serial" 2>/dev/null;`,
  `};`,
  `wwn_of() { for property in ID_WWN_WITH_EXTENSION ID_WWN; do property_of "$1" "$property"; done; };`,
  `find_disk() {`,
  `  found=; count=0;`,
  `  for path in /sys/block/*; do`,
  `    disk="\${path##*/}";`,
  `    case "$disk" in loop*|ram*|zram*|sr*|fd*|md*|dm-*|nbd*) continue;; esac;`,
  `    if [ -n "$1" ] && [ "$(serial_of "$disk")" != "$1" ]; then continue; fi;`,
  `    if [ -n "$2" ] && ! wwn_of "$disk" | grep -qxF "$2"; then continue; fi;`,
  `    if [ -n "$3" ] && [ "$(( $(cat "$path/size") * 512 ))" -lt "$3" ]; then continue; fi;`,
  `    found="$found /dev/$disk"; count=$((count + 1));`,
  `  done;`,
  `  if [ "$count" -eq 1 ]; then echo "\${found# }"; return 0; fi;`,
  `  if [ "$count" -eq 0 ]; then echo "disk-not-found No disk has serial=$1 wwn=$2 minBytes=$3"; return 1; fi;`,
  `  echo "disk-ambiguous Several disks have serial=$1 wwn=$2 minBytes=$3:$found"; return 1;`,
  `};`,
];

/** A file that the installed system gets. */
export interface InstalledFile {
  readonly path: string;
  /** Octal, as install(1) takes it. */
  readonly mode: string;
  readonly lines: readonly string[];
}

/**
 * The first-boot callback: once the machine runs from its own disks it sends its host keys to the controller and
 * removes all of this. The address holds the token, so it is in a file that only root reads, never on a command line.
 */
export function firstBootFiles({ bootUrl }: Pick<MachineView, "bootUrl">): readonly InstalledFile[] {
  return [
    { path: "/etc/provision-first-boot", mode: "0600", lines: [`url = "${bootUrl}/done"`] },
    { path: "/usr/local/sbin/provision-first-boot", mode: "0755", lines: callback },
    { path: "/etc/systemd/system/provision-first-boot.service", mode: "0644", lines: unit },
  ];
}

const callback: readonly string[] = [
  `#!/bin/sh`,
  `# Tells the controller that this machine runs from its own disks, and with which host keys; then removes itself.`,
  `set -u`,
  `host_keys() { for key in /etc/ssh/ssh_host_*_key.pub; do echo "hostkey $(cut -d ' ' -f 1,2 "$key")"; done; }`,
  `attempt=0`,
  `while [ "$attempt" -lt 120 ]; do`,
  `  attempt=$((attempt + 1))`,
  `  if [ -e /etc/ssh/ssh_host_ed25519_key.pub ] &&`,
  `    host_keys | curl --silent --show-error --fail --max-time 20 --data-binary @- --config /etc/provision-first-boot; then`,
  `    systemctl disable provision-first-boot.service`,
  `    rm -f /etc/provision-first-boot /usr/local/sbin/provision-first-boot /etc/systemd/system/provision-first-boot.service`,
  `    exit 0`,
  `  fi`,
  `  sleep 5`,
  `done`,
  `exit 1`,
];

const unit: readonly string[] = [
  `[Unit]`,
  `Description=Report the first boot to the controller`,
  `Wants=network-online.target`,
  `After=network-online.target sshd.service ssh.service`,
  ``,
  `[Service]`,
  `Type=oneshot`,
  `ExecStart=/usr/local/sbin/provision-first-boot`,
  `TimeoutStartSec=15min`,
  ``,
  `[Install]`,
  `WantedBy=multi-user.target`,
];

/**
 * Each disk can start the machine: the EFI system partition that is in use is copied to those of the other disks.
 * Stays on the machine: it is run again when a disk was changed.
 */
export const copyEsp: InstalledFile = {
  path: "/usr/local/sbin/provision-copy-esp",
  mode: "0755",
  lines: [
    `#!/bin/sh`,
    `# provision-copy-esp DISK...: copies /boot/efi to the EFI system partitions of these disks, and names them to the firmware.`,
    `set -eu`,
    `own=$(findmnt -no SOURCE /boot/efi)`,
    `parts=$(lsblk -lnpo NAME,PARTTYPE "$@" | grep -i c12a7328-f81f-11d2-ba4b-00a0c93ec93b | cut -d ' ' -f 1)`,
    `for part in $parts; do`,
    `  [ "$part" != "$own" ] || continue`,
    `  there=$(mktemp -d)`,
    `  mount -t vfat "$part" "$there"`,
    `  cp -r /boot/efi/. "$there"`,
    `  loader=$(cd "$there" && ls EFI/*/shimx64.efi EFI/*/grubx64.efi EFI/BOOT/BOOTX64.EFI 2>/dev/null | head -n 1)`,
    `  umount "$there"`,
    `  rmdir "$there"`,
    `  disk=/dev/$(lsblk -no PKNAME "$part" | head -n 1)`,
    `  number=$(cat "/sys/class/block/\${part##*/}/partition")`,
    `  efibootmgr --create --disk "$disk" --part "$number" --label "Linux on $disk" --loader "/$loader" >/dev/null || true`,
    `done`,
  ],
};

/** systemd.network(5): an interface is known by its MAC, whatever name the kernel gives it. */
export function networkFiles(interfaces: readonly InterfaceView[]): readonly InstalledFile[] {
  return interfaces.map(({ mac, address, prefixLength, gateway }, index) => ({
    path: `/etc/systemd/network/10-provision-${index}.network`,
    mode: "0644",
    lines: [
      "[Match]",
      `MACAddress=${mac}`,
      "",
      "[Network]",
      `Address=${address}/${prefixLength}`,
      ...(gateway === null || index > 0 ? [] : [`Gateway=${gateway}`]),
    ],
  }));
}
