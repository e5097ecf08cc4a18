import { dataFolder } from "./layout.ts";

/** One array of whole disks with a file system, and the file from before; what stood on the disks before is gone. */
export const arrayScript = (level: 1 | 5 | 6 | 10, serials: readonly string[]): string => `set -eu
umount ${dataFolder} 2>/dev/null || :
for l_md in /sys/block/md*/md; do [ ! -d $l_md ] || { l_md=\${l_md%/md}; mdadm --quiet --stop /dev/\${l_md##*/} 2>&1; }; done
for l_serial in ${serials.join(" ")}; do wipefs -qa "$(dev $l_serial)"; done
udevadm settle
modprobe -a raid1 raid10 raid456
yes | mdadm --quiet --create /dev/md/data --homehost=any --name=data --metadata=1.2 --bitmap=internal --level=${level} --raid-devices=${serials.length} ${serials.map((serial) => `"$(dev ${serial})"`).join(" ")} 2>&1
sed -i '/^ARRAY/d' /etc/mdadm/mdadm.conf; mdadm --detail --scan >> /etc/mdadm/mdadm.conf
mkfs.ext4 -q -L data /dev/md/data
sed -i '/LABEL=data/d' /etc/fstab; echo "LABEL=data ${dataFolder} ext4 defaults,nofail,x-systemd.device-timeout=60s 0 2" >> /etc/fstab
mkdir -p ${dataFolder}; mount /dev/md/data ${dataFolder}
head -c 8388608 /dev/urandom > ${dataFolder}/before; sync
l_md=/sys/block/$(basename "$(readlink -f /dev/md/data)")/md
until [ "$(cat $l_md/sync_action)" = idle ] && [ "$(cat $l_md/degraded)" = 0 ]; do sleep 0.3; done
`;
