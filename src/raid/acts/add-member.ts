import { type Act, act, bareUuid, call } from "./act.ts";
import { arrayShell } from "./array-shell.ts";
import type { ArrayPlace } from "./fail-member.ts";
import { joinShell } from "./join-shell.ts";

/**
 * Puts a blank partition into an array; mdadm itself compares no sizes and would take a whole disk. Prints `added NAME
 * STATES`, or `present NAME STATES`. Refuses with `too-small`, `whole-disk`, `same-disk`, `partition-not-blank`, `disk-in-use`.
 */
export function addMember({ arrayUuid, serial, partition }: ArrayPlace): Act {
  const uuid = bareUuid(arrayUuid);
  return act({
    name: "adding a member",
    limitMs: 120_000,
    shell: [arrayShell, joinShell],
    body: `
${call("a_find", uuid)}
${call("j_add", serial, partition, uuid)}
a_states=\${a_states#,}
say "$j_did" "$d_dev" "\${a_states%,}"`,
  });
}
