import type { Kernel } from "./early.ts";

/**
 * The shell of the image's recipe. Each script runs with `set -eu` in the working folder: `root/` is the system being made,
 * `early/` what goes into it before its packages are configured, `deploy/` the ramdisk's own files, `out/` the result.
 */

/** Nothing that serves needs them, and a machine that converges is updated by its controller and not by itself. */
const masked =
  "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer " +
  "ldconfig.service systemd-binfmt.service systemd-firstboot.service systemd-pcrphase.service " +
  "systemd-pcrphase-sysinit.service systemd-networkd-wait-online.service systemd-hwdb-update.service";

/** Beyond those: each one costs an emulated processor up to a second, all of them together 5 to 8 s until SSH. */
const maskedWhenVirtual =
  "sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount " +
  "dev-hugepages.mount modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service " +
  "modprobe@fuse.service modprobe@loop.service systemd-pstore.service systemd-network-generator.service getty@tty1.service";

const mask = (kernel: Kernel) => `for unit in ${kernel === "cloud" ? `${masked} ${maskedWhenVirtual}` : masked}; do
  ln -sf /dev/null "root/etc/systemd/system/$unit"
done
`;

/** After the packages. No identities in the image: host keys, machine-id and the file system's UUID belong to one machine. */
export const configureRoot = (kernel: Kernel): string => `
cp root/bin/busybox busybox
chroot root dpkg --purge busybox-static >/dev/null
chroot root systemctl -q enable systemd-networkd ssh
find root/usr/share/doc -type f ! -name copyright -delete
find root/usr/share/doc -type l -delete
rm -rf root/usr/share/man/* root/usr/share/info/* root/usr/share/locale/* root/usr/share/lintian root/var/tmp/*
${mask(kernel)}rm -f root/etc/ssh/ssh_host_* root/var/lib/dbus/machine-id root/etc/hostname root/etc/resolv.conf
: >root/etc/machine-id
: >root/etc/resolv.conf
mkdir -p root/boot/efi root/usr/lib/provision
rm -rf root/var/log/*.log root/var/log/apt/* root/var/cache/apt/*.bin root/var/cache/debconf/*-old root/var/lib/dpkg/*-old
rm -f root/boot/*.old root/initrd.img.old root/vmlinuz.old
`;

/**
 * GRUB without grub-install, whose probing takes an emulated machine 15 s per disk. The same bytes suit every disk:
 * the array is found by its name and not by its members. BIOS: boot.img gets the place of the core (LBA 2048: where
 * partition 1 starts) and the core the place of its rest, in GRUB's own block list format (u64 LBA, u16 sectors, u16 segment).
 */
export const makeBootLoader = `
loaders=root/usr/lib/provision
mkdir -p "$loaders" root/boot/grub
modules='part_gpt part_msdos mdraid1x ext2 search search_label search_fs_uuid search_fs_file configfile linux normal echo test serial terminal'
cat >"$loaders/early.cfg" <<'EOF'
set root=md/root
set prefix=($root)/boot/grub
configfile ($root)/boot/grub/grub.cfg
EOF
inside=/usr/lib/provision
chroot root grub-mkimage -O i386-pc -o $inside/core.bin -p /boot/grub -c $inside/early.cfg biosdisk $modules
chroot root grub-mkimage -O x86_64-efi -o $inside/bootx64.efi -p /boot/grub -c $inside/early.cfg \
  fat all_video $modules
dd if=root/usr/lib/grub/i386-pc/boot.img of="$loaders/mbr440.bin" bs=440 count=1 status=none
patch() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
patch "$loaders/mbr440.bin" 92 '\\000\\010\\000\\000\\000\\000\\000\\000'
patch "$loaders/mbr440.bin" 102 '\\220\\220'
rest=$((($(stat -c %s "$loaders/core.bin") + 511) / 512 - 1))
patch "$loaders/core.bin" 500 "\\\\001\\\\010\\\\000\\\\000\\\\000\\\\000\\\\000\\\\000$(printf '\\\\%03o\\\\%03o' $((rest % 256)) $((rest / 256)))\\\\040\\\\010"
[ "$(stat -c %s "$loaders/core.bin")" -le 1048576 ]
for platform in i386-pc x86_64-efi; do
  mkdir -p "root/boot/grub/$platform"
  ln -f root/usr/lib/grub/$platform/*.mod root/usr/lib/grub/$platform/*.lst "root/boot/grub/$platform/"
done
`;

/**
 * The deploy ramdisk: busybox, a few real programs with the libraries they name, and the drivers. Not compressed:
 * fetching 20 MB takes an emulated machine a fraction of a second and unpacking costs more.
 */
export const makeRamdisk = `
kernel=$(basename root/lib/modules/*)
R=ramdisk
mkdir -p $R/bin $R/tools $R/usr/lib/provision $R/etc $R/dev $R/proc $R/sys $R/run $R/tmp $R/target $R/lib/modules
ln -s lib $R/lib64
cp busybox $R/bin/busybox
for applet in $($R/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$R/bin/$applet"; done
for tool in bash dd b2sum xxhsum sort sfdisk wipefs blkid mdadm resize2fs tune2fs; do
  file=$(chroot root sh -c "command -v $tool")
  cp -L "root$file" "$R/tools/$tool"
  chroot root ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$R$(dirname "$library")"
    cp -L "root$library" "$R$library"
  done
done
cp root/etc/mke2fs.conf $R/etc/
ln -sf ../tools/bash $R/bin/bash
cp deploy/init $R/init
cp deploy/udhcpc deploy/report.sh deploy/modules $R/usr/lib/provision/
[ ! -e deploy/probe ] || touch $R/usr/lib/provision/probe
chmod 755 $R/init $R/usr/lib/provision/udhcpc
: >modules.list
for module in $(cat deploy/modules deploy/more-modules); do
  case $module in
    */) find "root/lib/modules/$kernel/kernel/$module" -name '*.ko' | sed 's,.*/,,; s,\\.ko$,,' >>modules.list ;;
    *) echo "$module" >>modules.list ;;
  esac
done
while read -r module; do
  chroot root modprobe -q -S "$kernel" --show-depends "$module" | sed -n 's/^insmod //p' || true
done <modules.list | sort -u | while read -r file _; do
  mkdir -p "$R$(dirname "$file")"
  cp "root$file" "$R$file"
done
cp "root/lib/modules/$kernel"/modules.builtin* "root/lib/modules/$kernel/modules.order" "$R/lib/modules/$kernel/"
depmod -b $R "$kernel"
(cd $R && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >out/ramdisk.cpio
cp "root/boot/vmlinuz-$kernel" out/vmlinuz
`;

/**
 * Without journal (the deploy script makes one that fits the disk) and without checksums over metadata (changing the UUID
 * would rewrite every inode). With meta_bg: a resize inode made for so small a file system ends its growth at 700 GB. Tight,
 * because every byte is written: the file system grows to the array when deployed.
 */
export const makeFileSystem = `
inodes=$((($(find root | wc -l) + 16384) / 1024 * 1024))
make_file_system() {
  rm -f out/root.img
  mke2fs -q -t ext4 -b 4096 -L root -O ^metadata_csum,uninit_bg,^has_journal,^resize_inode,meta_bg -m 0 -N "$inodes" \\
    -E lazy_itable_init=1,root_owner=0:0,nodiscard -d root out/root.img "$1M"
}
of_blocks() { dumpe2fs -h out/root.img 2>/dev/null | sed -n "s/^$1: *//p"; }
make_file_system $(($(du -sm root | cut -f 1) + 128))
make_file_system $(((($(of_blocks 'Block count') - $(of_blocks 'Free blocks')) / 256) + 8))
`;

/** Lines that {@link readFacts} understands. */
export const describeResult = `
for name in vmlinuz ramdisk.cpio root.img; do
  sha256=$(sha256sum <"out/$name" | cut -d ' ' -f 1)
  blake2=$(b2sum --length 256 <"out/$name" | cut -d ' ' -f 1)
  xxh64=$(chroot root xxhsum -H1 <"out/$name" | cut -d ' ' -f 1)
  echo "file $name $(stat -c %s "out/$name") $sha256 $blake2 $xxh64"
done
echo "kernel $(basename root/lib/modules/*)"
chroot root dpkg-query --show --showformat 'package \${Package} \${Version}\\n'
`;
