import { type Act, act, call } from "./act.ts";

/** Reads from a disk a second on, a second off: its activity light tells where it is when no other light does. Prints `blinked`. */
export function blink({ serial, seconds }: { readonly serial: string; readonly seconds: number }): Act {
  return act({
    name: "blinking the disk",
    limitMs: (seconds + 30) * 1000,
    shell: [shell],
    body: `${call("d_find", serial)}\n${call("k_blink", seconds)}\nsay blinked`,
  });
}

const shell = `
k_now() { read -r k_seconds k_rest < /proc/uptime; k_seconds=\${k_seconds%.*}; }
k_blink() { # seconds
  k_now; k_end=$((k_seconds + $1)) k_place=0
  d_bytes "$d_disk"
  k_all=$((d_size / 1048576))
  while k_now; [ "$k_seconds" -lt "$k_end" ]; do
    k_second=$k_seconds
    while k_now; [ "$k_seconds" = "$k_second" ]; do
      # Far apart and past the cache, so that the disk itself has to work.
      dd if="/dev/$d_disk" of=/dev/null bs=1048576 count=8 skip="$((k_place % (k_all + 1)))" iflag=direct 2>/dev/null ||
        dd if="/dev/$d_disk" of=/dev/null bs=1048576 count=8 skip="$((k_place % (k_all + 1)))" 2>/dev/null ||
        stop "$d_disk can't be read"
      k_place=$((k_place + 7919))
    done
    sleep 1
  done
}
`;
