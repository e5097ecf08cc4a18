import { type Act, act, call } from "./act.ts";

/** No partition of this disk is used as swap any more. Prints `off NAME UUID` for each that was. */
export function swapOff({ serial }: { readonly serial: string }): Act {
  return act({
    name: "switching swap off",
    limitMs: 600_000,
    body: `
${call("d_look", serial)} || { say absent; return 0; }
for o_path in "/sys/block/$d_disk" "/sys/block/$d_disk"/*/partition; do
  [ -e "$o_path" ] || continue
  o_path=\${o_path%/partition}
  o_one=\${o_path##*/}
  while read -r o_1 o_2; do
    [ "$o_1" = "/dev/$o_one" ] || continue
    must swapoff "/dev/$o_one"
    say off "$o_one" "$(blkid -p -s UUID -o value -- "/dev/$o_one")"
  done < /proc/swaps
done`,
  });
}
