import { type Act, act, bareUuid, call } from "./act.ts";
import { arrayShell } from "./array-shell.ts";
import { joinShell } from "./join-shell.ts";

export interface Replacement {
  readonly arrayUuid: string;
  readonly oldSerial: string;
  readonly oldPartition: number;
  readonly newSerial: string;
  readonly newPartition: number;
}

/**
 * The new one takes the old one's place while that still serves: redundancy never drops, mdadm(8) `--replace --with`.
 * Prints `replacing OLD NEW`, or `replaced OLD NEW` when the old one is out already.
 */
export function replaceMember({ arrayUuid, oldSerial, oldPartition, newSerial, newPartition }: Replacement): Act {
  const uuid = bareUuid(arrayUuid);
  return act({
    name: "replacing a member",
    limitMs: 120_000,
    shell: [arrayShell, joinShell],
    body: `
${call("a_find", uuid)}
${call("d_place", oldSerial, oldPartition)}
r_old=$d_dev
${call("d_look", newSerial)} && ${call('d_part "$d_disk"', newPartition)} && a_member "$d_dev" && r_states=$a_states || r_states=
case $r_states in
  *,faulty,*) ;;
  *,replacement,*) say replacing "$r_old" "$d_dev"; return 0 ;;
  *,in_sync,*)
    a_gone "$r_old" && { say replaced "$r_old" "$d_dev"; return 0; }
    refuse both-active "$d_dev has a place of its own in $a_md, beside $r_old" ;;
esac
a_member "$r_old" || refuse member-gone "$r_old is no member of $a_md"
case $a_states in
  *,faulty,* ) refuse member-failed "$r_old failed in $a_md: nothing can be copied from it" ;;
  *,in_sync,*) ;;
  *) refuse member-active "$r_old isn't in sync in $a_md" ;;
esac
disk_line "$a_dir/degraded"
[ "$d_text" = 0 ] || refuse array-degraded "$a_md is degraded: a new disk goes into the empty place"
a_settled
${call("j_add", newSerial, newPartition, uuid)}
must mdadm --manage "/dev/$a_md" --replace "/dev/$r_old" --with "/dev/$d_dev"
r_left=50
until a_member "$d_dev" && [ -n "$a_slot" ]; do
  r_left=$((r_left - 1))
  [ "$r_left" -gt 0 ] || stop "$d_dev doesn't take the place of $r_old in $a_md"
  sleep 0.1
done
say replacing "$r_old" "$d_dev"`,
  });
}
