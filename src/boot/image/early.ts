import type { RecipeFile } from "./recipe.ts";

/**
 * What lies in the root before its packages are configured, so that the kernel's initramfs is made once, and right.
 * Copied from `early/` by the first step.
 */

export type Kernel = "cloud" | "generic";

/** Documentation stays out, also of what is installed later: an emulated machine feels every file. */
const dpkgExcludes = `path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
`;

const initramfs: Readonly<Record<Kernel, string>> = {
  cloud: "MODULES=list\nCOMPRESS=lz4\nBUSYBOX=n\nFSTYPE=ext4\n",
  generic: "MODULES=most\nCOMPRESS=zstd\nFSTYPE=ext4\n",
};

/** Debian's mdadm hook force-loads every personality from linear to raid456, with xor benchmarks: 6 s. We have RAID-1. */
const onlyRaid1 = `for module in linear multipath raid0 raid456 raid5 raid6 raid10 efivarfs; do
  sed -i "/^$module\\$/d" "$DESTDIR/conf/modules"
done
`;

/** The drivers of a virtual machine, by name: nothing is probed. */
const virtualDrivers = `for module in virtio_pci virtio_blk virtio_scsi sd_mod ata_piix md_mod raid1 ext4; do
  force_load $module
done
rm -rf "$DESTDIR"/usr/lib/modules/*/kernel/drivers/md/raid456.ko "$DESTDIR"/usr/lib/modules/*/kernel/drivers/md/raid10.ko
`;

/**
 * udev takes 7 s of an emulated machine to find two disks which the kernel has already. Without it our own script hands each
 * partition to mdadm as it comes up. After 12 s a mirror starts with the half that is there.
 */
const withoutUdev = `rm -rf "$DESTDIR/scripts/init-top/udev" "$DESTDIR/scripts/init-bottom/udev" "$DESTDIR/scripts/local-block/mdadm" "$DESTDIR/scripts/local-bottom/mdadm" \\
  "$DESTDIR"/usr/lib/systemd "$DESTDIR"/usr/lib/udev "$DESTDIR"/etc/udev "$DESTDIR"/usr/bin/udevadm "$DESTDIR"/usr/sbin/mdmon \\
  "$DESTDIR"/usr/sbin/dmsetup "$DESTDIR"/usr/lib/x86_64-linux-gnu/libdevmapper.so* "$DESTDIR"/usr/lib/modules/*/kernel/drivers/md/dm-mod.ko
`;

/**
 * An array that was started before udev was there is news to nobody, and LVM's own rule (69-lvm.rules) would wait for a
 * change of it for ever: the volumes on it would stay away.
 */
const startedArrays = `SUBSYSTEM=="block", ACTION=="add", KERNEL=="md[0-9]*", TEST=="md/array_state", ATTR{md/array_state}!="clear|inactive", ENV{LVM_MD_PV_ACTIVATED}="1"
`;

const assemble = `#!/bin/sh
[ "$1" != prereqs ] || exit 0
seen=" "
now() { read -r seconds rest </proc/uptime; echo "\${seconds%.*}"; }
last=$(($(now) + 12))
while [ "$(now)" -lt "$last" ]; do
  while read -r major minor blocks name; do
    case $seen in *" $name "*) continue ;; esac
    [ -b "/dev/$name" ] || continue
    seen="$seen$name "
    mdadm --quiet --incremental "/dev/$name" 2>/dev/null
  done </proc/partitions
  case $ROOT in
    UUID=*) blkid -U "\${ROOT#UUID=}" >/dev/null && exit 0 ;;
    LABEL=*) blkid -L "\${ROOT#LABEL=}" >/dev/null && exit 0 ;;
    *) [ ! -b "$ROOT" ] || exit 0 ;;
  esac
  sleep 0.2
done
mdadm --quiet --incremental --run --scan
exit 0
`;

const keepDevices = `#!/bin/sh
[ "$1" != prereqs ] || exit 0
mount -n -o move /dev "$rootmnt/dev"
`;

const hook = (body: string) => `#!/bin/sh
# Run by mkinitramfs after Debian's own hooks.
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
set -eu
${body}`;

/** \`ClientIdentifier=mac\`: the system gets the same lease as the firmware did. Overridden by what deploy writes per card. */
const network = `[Match]
Name=en* eth*
[Network]
DHCP=ipv4
[DHCPv4]
ClientIdentifier=mac
`;

export function earlyFiles(kernel: Kernel): readonly RecipeFile[] {
  const text = (path: string, content: string): RecipeFile => ({
    path: `early/${path}`,
    executable: false,
    text: content,
  });
  const hookBody = kernel === "cloud" ? onlyRaid1 + virtualDrivers + withoutUdev : onlyRaid1;
  // A machine of a laboratory may lose what it installed last when its host is switched off; a real one may not.
  const dpkg = kernel === "cloud" ? `${dpkgExcludes}force-unsafe-io\n` : dpkgExcludes;
  const executable = (path: string, content: string) => ({ ...text(path, content), executable: true });
  const scripts = "etc/initramfs-tools/scripts";
  const ownScripts = [
    executable(`${scripts}/local-top/provision`, assemble),
    executable(`${scripts}/init-bottom/provision`, keepDevices),
    text("etc/udev/rules.d/68-provision-md.rules", startedArrays),
  ];
  return [
    text("etc/dpkg/dpkg.cfg.d/provision", dpkg),
    text(
      "etc/apt/apt.conf.d/10provision",
      'APT::Install-Recommends "false";\nAcquire::Languages "none";\nAPT::Update::Post-Invoke-Success "";\n',
    ),
    text("etc/initramfs-tools/conf.d/provision", initramfs[kernel]),
    executable("etc/initramfs-tools/hooks/provision", hook(hookBody)),
    ...(kernel === "cloud" ? ownScripts : []),
    text("etc/systemd/network/80-dhcp.network", network),
  ];
}
