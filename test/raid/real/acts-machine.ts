/** Shell of the acts' story. `dev SERIAL [PARTITION]` prints a path. */
const find = `
dev() {
  for p in /sys/block/sd*; do
    [ "$(tail -c +5 "$p/device/vpd_pg80" | tr -dc '!-~')" = "$1" ] && echo "/dev/\${p##*/}\${2:-}" && return
  done
  echo "no $1" >&2; return 1
}
`;

/** A script for the guest: it stops at the first failure, and reads nothing of itself. */
export const inGuest = (script: string) => `${find}\nset -e\nwork() {\n${script}\n}\nwork </dev/null\n`;

/** Two disks in the usual way: BIOS boot, /boot and data mirrored (only data with a bitmap), swap on each. */
export const twoDisks = (first: string, second: string) => `
for d in $(dev ${first}) $(dev ${second}); do
  sfdisk -q "$d" <<TABLE
label: gpt
size=1MiB, type=21686148-6449-6E6F-744E-656564454649
size=100MiB, type=A19D880F-05FC-4D3B-A006-743F0F84911E, name="boot, mirrored"
size=100MiB, type=A19D880F-05FC-4D3B-A006-743F0F84911E
size=32MiB, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
TABLE
done
udevadm settle
mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 --homehost=any --name=boot $(dev ${first} 2) $(dev ${second} 2)
mdadm --create /dev/md1 --run --level=1 --raid-devices=2 --bitmap=internal --homehost=any --name=data $(dev ${first} 3) $(dev ${second} 3)
mkswap -q -U ${swapUuids[0]} $(dev ${first} 4); mkswap -q -U ${swapUuids[1]} $(dev ${second} 4)
swapon $(dev ${first} 4) $(dev ${second} 4)
echo "UUID=${swapUuids[1]} none swap sw,pri=7 0 0" >> /etc/fstab
mkfs.ext4 -q /dev/md0; mkfs.ext4 -q /dev/md1
mkdir -p /srv/data /mnt/b
mount /dev/md1 /srv/data; mount /dev/md0 /mnt/b; cp -a /boot/. /mnt/b/; umount /mnt/b; mount /dev/md0 /boot
head -c 16777216 /dev/urandom > /srv/data/file; sync
echo 1 > /proc/sys/dev/raid/speed_limit_min; echo 200000 > /proc/sys/dev/raid/speed_limit_max
until grep -q idle /sys/block/md0/md/sync_action && grep -q idle /sys/block/md1/md/sync_action; do sleep 0.2; done
`;

export const swapUuids = ["11111111-2222-4333-8444-555555555501", "11111111-2222-4333-8444-555555555502"] as const;

/** Every command line of mdadm is written down; acts look into /usr/local/sbin first. While there is `mdadm.breaks`, failing ends with 2, and the device in it is failed as well. */
export const spy = `
cat > /usr/local/sbin/mdadm <<'SPY'
#!/bin/sh
echo "$*" >> /run/mdadm.log
/usr/sbin/mdadm "$@"
rc=$?
case $1$3 in --manage--fail) if [ -e /run/mdadm.breaks ]; then [ ! -s /run/mdadm.breaks ] || /usr/sbin/mdadm "$1" "$2" "$3" "$(cat /run/mdadm.breaks)"; exit 2; fi ;; esac
exit "$rc"
SPY
chmod 755 /usr/local/sbin/mdadm; : > /run/mdadm.log
`;

/** What a disk carries that served elsewhere: an array with a volume group over it, one with a hole, a file system. */
export const foreign = (serial: string) => `
d=$(dev ${serial})
printf 'label: gpt\\nsize=60MiB\\nsize=60MiB\\nsize=60MiB\\n' | sfdisk -q "$d"; udevadm settle
mdadm --create /dev/md127 --run --level=1 --raid-devices=2 --metadata=1.2 --homehost=other --name=theirs "\${d}1" missing
pvcreate -q -y /dev/md127; vgcreate -q vg0 /dev/md127; lvcreate -q -y -n root -L 20M vg0; mkfs.ext4 -q /dev/vg0/root
mkfs.ext4 -q -L theirs "\${d}3"
`;

/** Members and states of all arrays: what a refusal must not have touched. Whether a write waits just now doesn't matter. */
export const arrays = `
for m in /sys/block/md*/md; do
  echo "$m $(cat "$m/array_state" "$m/degraded" | sed 's/^\\(active-idle\\|active\\|write-pending\\)$/clean/' | tr '\\n' ' ')"
  for d in "$m"/dev-*; do echo "$d $(cat "$d/slot" "$d/state" "$d/errors" | tr '\\n' ' ')"; done
done
`;
