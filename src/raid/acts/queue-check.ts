import { type Act, act, bareUuid, call } from "./act.ts";
import { arrayShell } from "./array-shell.ts";

/** Lets md read and compare all copies, in its own time: md(4) `check`. Prints `check started`, `check running` or `busy ACTION`. */
export function queueCheck({ arrayUuid }: { readonly arrayUuid: string }): Act {
  return act({
    name: "starting a check",
    limitMs: 30_000,
    shell: [arrayShell],
    body: `
${call("a_find", bareUuid(arrayUuid))}
a_sound
[ -e "$a_dir/sync_action" ] || { say busy none; return 0; }
disk_line "$a_dir/sync_action"
case $d_text in
  idle) ;;
  check) say check running; return 0 ;;
  *) say busy "$d_text"; return 0 ;;
esac
case $a_state in read-auto | readonly) say busy "$a_state"; return 0 ;; esac
echo check > "$a_dir/sync_action" || stop "$a_md doesn't begin a check"
say check started`,
  });
}
