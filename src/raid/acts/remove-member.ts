import { type Act, act } from "./act.ts";
import { arrayShell } from "./array-shell.ts";
import { type ArrayPlace, placed } from "./fail-member.ts";

/** Takes a failed member or a spare out of its array: then nothing of md holds the disk. Prints `removed NAME` or `absent`. */
export function removeMember(place: ArrayPlace): Act {
  return act({
    name: "removing a member",
    limitMs: 60_000,
    shell: [arrayShell],
    body: `
${placed(place)}
case $a_states in
  *,faulty,*) ;;
  *,in_sync,*) refuse member-active "$d_dev is in sync in $a_md: it must be failed first" ;;
  *) [ -z "$a_slot" ] || refuse member-active "$d_dev is being rebuilt in $a_md: it must be failed first" ;;
esac
a_remove "$d_dev"
say removed "$d_dev"`,
  });
}
