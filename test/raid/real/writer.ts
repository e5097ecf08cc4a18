import { dataFolder } from "./layout.ts";

/**
 * Writes a file after the other, each durable before its checksum is noted on another disk, and keeps the last 24. What is
 * noted must be there, whatever happened to the machine meanwhile.
 */
const program = `#!/bin/sh
mkdir -p ${dataFolder}/written
n=0
[ ! -s /var/lib/writer.sums ] || n=$(tail -n 1 /var/lib/writer.sums | cut -d' ' -f1)
while :; do
  n=$((n + 1))
  head -c 65536 /dev/urandom > /run/writer.next
  sum=$(sha256sum < /run/writer.next); sum=\${sum%% *}
  if cp /run/writer.next ${dataFolder}/written/$n && sync ${dataFolder}/written/$n ${dataFolder}/written
  then echo "$n $sum" >> /var/lib/writer.sums; sync /var/lib/writer.sums
  else echo "$n" >> /var/lib/writer.failures
  fi
  [ $n -le 24 ] || rm -f ${dataFolder}/written/$((n - 24))
  sleep 0.1
done
`;

export const startWriter = `set -eu
cat > /usr/local/sbin/writer <<'PROGRAM'
${program}PROGRAM
chmod 0755 /usr/local/sbin/writer
systemctl reset-failed writer 2>/dev/null || :
systemd-run -q --unit=writer /usr/local/sbin/writer
`;

/** Ends it; prints `written COUNT` or what is lost, read from the disks and not from memory. */
export const stopWriter = `systemctl stop writer 2>/dev/null || :
sync; echo 3 > /proc/sys/vm/drop_caches
[ ! -s /var/lib/writer.failures ] || echo "could not write: $(xargs < /var/lib/writer.failures)"
tail -n 20 /var/lib/writer.sums | while read -r n sum; do
  is=$(sha256sum < ${dataFolder}/written/$n); is=\${is%% *}
  [ "$is" = "$sum" ] || echo "lost: $n"
done
echo "written $(wc -l < /var/lib/writer.sums)"
`;
