import { type Act, act, bareUuid, call, type Place } from "./act.ts";
import { arrayShell } from "./array-shell.ts";

export interface ArrayPlace extends Place {
  readonly arrayUuid: string;
}

/** How an act on a member begins: array, disk and member are looked up, and it ends with `absent` where there is none. */
export const placed = ({ arrayUuid, serial, partition }: ArrayPlace) =>
  `${call("a_find", bareUuid(arrayUuid))}
${call("d_look", serial)} || { say absent; return 0; }
${call('d_part "$d_disk"', partition)} || { say absent; return 0; }
a_member "$d_dev" || { say absent; return 0; }`;

/**
 * Marks a member failed, if the array keeps all its data without it: judged from sysfs first, and if it doesn't, no command
 * is sent (`last-copy`). Prints `failed NAME`, or `absent` if it is no member or its disk isn't there. An attempt that
 * the kernel refuses (mdadm(8): 2) is `array-broke`, whatever the array looks like, with what a write probe came to.
 */
export function failMember(place: ArrayPlace): Act {
  return act({
    name: "failing a member",
    limitMs: 60_000,
    shell: [arrayShell],
    body: `
${placed(place)}
case $a_states in *,faulty,*) say failed "$d_dev"; return 0 ;; esac
a_sound
case $a_states in *,in_sync,*) a_settled ;; esac
a_spares "$d_dev" || refuse last-copy "$d_dev of $a_md: $a_why; it can't be failed"
a_fail "$d_dev"
say failed "$d_dev"`,
  });
}
