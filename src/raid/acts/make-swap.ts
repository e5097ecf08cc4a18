import { type Act, act, call, type Place } from "./act.ts";

export interface NewSwap extends Place {
  /** The old one's, so that fstab stays true. */
  readonly uuid: string;
  readonly label?: string;
  readonly on: boolean;
}

/**
 * Swap space on the new disk under the old one's UUID; on with fstab's own options for it. Prints `made NAME` or `kept
 * NAME`, then `on`. Refuses with `uuid-taken` while another device has the UUID, and `partition-not-blank`.
 */
export function makeSwap({ serial, partition, uuid, label, on }: NewSwap): Act {
  const options = ["-U", uuid, ...(label === undefined ? [] : ["-L", label])];
  return act({
    name: "making swap space",
    limitMs: 60_000,
    shell: [shell],
    body: `
${call("d_place", serial, partition)}
${call("s_taken", uuid)}
s_seen=$(blkid -p -o export -- "/dev/$d_dev" 2>/dev/null) || s_seen=
s_holds=$(printf '%s\\n' "$s_seen" | sed -n 's/^TYPE=//p')
s_uuid=$(printf '%s\\n' "$s_seen" | sed -n 's/^UUID=//p')
case $s_holds in
  '') u_free "$d_dev" "the partition $d_dev"; ${call("must mkswap", ...options)} "/dev/$d_dev"; settle; say made "$d_dev" ;;
  swap) ${call('[ "$s_uuid" =', uuid)} ] || refuse partition-not-blank "$d_dev is a swap space with another UUID"; say kept "$d_dev" ;;
  *) refuse partition-not-blank "$d_dev holds $s_holds" ;;
esac
${on ? call("s_on", uuid) : ":"}`,
  });
}

const shell = `
s_taken() { # UUID: nobody else has it
  for s_path in /sys/class/block/*; do
    s_one=\${s_path##*/}
    [ "$s_one" != "$d_dev" ] && [ -b "/dev/$s_one" ] || continue
    case $s_one in loop* | ram* | sr*) continue ;; esac
    [ "$(blkid -p -s UUID -o value -- "/dev/$s_one" 2>/dev/null)" != "$1" ] || refuse uuid-taken "$s_one has the UUID $1, too"
  done
}
s_on() { # UUID, by which fstab may know it
  u_used "$d_dev"
  if [ -z "$u_used" ]; then
    s_options=
    while read -r s_1 s_2 s_3 s_4 s_5; do
      case $s_1 in UUID="$1" | "UUID=\\"$1\\"" | "/dev/disk/by-uuid/$1") s_options=$s_4 ;; esac
    done < /etc/fstab
    case $s_options in '' | sw | defaults | sw,defaults) must swapon "/dev/$d_dev" ;; *) must swapon -o "$s_options" "/dev/$d_dev" ;; esac
  fi
  say on
}
`;
