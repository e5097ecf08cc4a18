/**
 * The classic server of two disks, small: BIOS boot and an ESP on each, /boot, data (LVM) and swap on mirrors. Boot
 * loaders are really installed; what they start only says a word. Variables begin with l_.
 */
export interface Layout {
  /** In the order of the slots. */
  readonly serials: readonly string[];
  /** Of the array that carries LVM. */
  readonly level?: 1 | 5 | 6 | 10;
  readonly firmware: "bios" | "uefi";
}

/** What GRUB says when it has found /boot and read its configuration; SeaBIOS keeps the last line's end to itself. */
export const marker = "swapbed-is-up";

export const dataFolder = "/srv/data";

/** Enough for {@link layoutScript}. */
export const diskMiB = 160;

/** Finds disks by what is on their label: kernel names change. */
export const byserial = `dev() { # serial [partition]: its path, waiting for it
  l_try=0
  while :; do
    for l_sys in /sys/block/sd* /sys/block/nvme*; do
      [ -e "$l_sys/device" ] || continue
      l_name=\${l_sys##*/}
      [ "$(lsblk -dno SERIAL "/dev/$l_name")" = "$1" ] || continue
      case $l_name:\${2:-} in *:) l_path=/dev/$l_name ;; nvme*) l_path=/dev/\${l_name}p$2 ;; *) l_path=/dev/$l_name$2 ;; esac
      [ ! -b "$l_path" ] || { echo "$l_path"; return 0; }
    done
    l_try=$((l_try + 1))
    [ "$l_try" -lt 100 ] || { echo "no disk $1" >&2; return 1; }
    sleep 0.2
  done
}
`;

export function layoutScript({ serials, level = 1, firmware }: Layout): string {
  const [first = ""] = serials;
  const parts = (number: number) => serials.map((serial) => `"$(dev ${serial} ${number})"`).join(" ");
  const count = serials.length;
  const create = (name: string, raid: number, number: number) =>
    `yes | mdadm --quiet --create /dev/md/${name} --homehost=any --name=${name} --metadata=1.2 --bitmap=internal --level=${raid} --raid-devices=${count} ${parts(number)} 2>&1`;
  return `set -eu
${byserial}
udevadm settle
for l_serial in ${serials.join(" ")}; do
  sfdisk -q --wipe always "$(dev $l_serial)" <<'TABLE'
label: gpt
size=1MiB, type=21686148-6449-6E6F-744E-656564454649
size=12MiB, type=U
size=40MiB, type=R
size=64MiB, type=R
size=24MiB, type=R
TABLE
  udevadm settle
  mkfs.vfat -n ESP "$(dev $l_serial 2)" >/dev/null
done
modprobe -a raid1 raid10 raid456
${create("boot", 1, 3)}
${create("data", level, 4)}
${create("swap", 1, 5)}
mdadm --detail --scan >> /etc/mdadm/mdadm.conf
mkfs.ext4 -q -L boot /dev/md/boot
vgcreate -q vg0 /dev/md/data >/dev/null
lvcreate -q -y -n data -l 90%VG vg0 >/dev/null
mkfs.ext4 -q -L data /dev/vg0/data
mkswap -q -L swap /dev/md/swap
cat >> /etc/fstab <<'TABLE'
LABEL=boot /boot ext4 defaults,nofail,x-systemd.device-timeout=60s 0 2
LABEL=data ${dataFolder} ext4 defaults,nofail,x-systemd.device-timeout=60s 0 2
LABEL=swap none swap nofail 0 0
TABLE
echo "UUID=$(blkid -s UUID -o value "$(dev ${first} 2)") /boot/efi vfat nofail,umask=0077 0 2" >> /etc/fstab
mkdir -p ${dataFolder}
mount LABEL=boot /boot; mkdir -p /boot/efi /boot/grub
mount "$(dev ${first} 2)" /boot/efi
mount LABEL=data ${dataFolder}
swapon LABEL=swap
systemctl daemon-reload
cat > /boot/grub/grub.cfg <<'TABLE'
echo ${marker}
echo ................................
sleep 30
TABLE
${firmware === "uefi" ? installUefi(serials) : installBios(serials)}
head -c 4194304 /dev/urandom > ${dataFolder}/before
sync
for l_md in /sys/block/md*/md; do
  until [ "$(cat $l_md/sync_action)" = idle ] && [ "$(cat $l_md/degraded)" = 0 ]; do sleep 0.3; done
done
for l_md in /sys/block/md*/md; do echo check > $l_md/sync_action; done
for l_md in /sys/block/md*/md; do until [ "$(cat $l_md/sync_action)" = idle ]; do sleep 0.3; done; done
`;
}

const installBios = (serials: readonly string[]) =>
  serials
    .map(
      (serial) =>
        `grub-install --target=i386-pc --no-floppy "$(dev ${serial})" 2>&1 | grep -v 'No error reported' || :`,
    )
    .join("\n");

/** Once by GRUB's own tool, then the same files on the other disks, each with the firmware's entry of its own. */
const installUefi = ([, ...others]: readonly string[]) => `
grub-install --target=x86_64-efi --efi-directory=/boot/efi --bootloader-id=debian --no-nvram 2>&1 | grep -v 'No error reported' || :
mkdir -p /boot/efi/EFI/BOOT; cp /boot/efi/EFI/debian/grubx64.efi /boot/efi/EFI/BOOT/BOOTX64.EFI
for l_serial in ${others.join(" ")}; do
  mkdir -p /mnt/esp; mount "$(dev $l_serial 2)" /mnt/esp; cp -r /boot/efi/EFI /mnt/esp/; umount /mnt/esp
done`;
