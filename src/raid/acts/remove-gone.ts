import { type Act, act, bareUuid, call } from "./act.ts";
import { arrayShell } from "./array-shell.ts";

/**
 * After a disk was pulled: md notices that at its next request only, and until then a name stays taken. Members whose disk
 * is gone are failed (where the array keeps its data without them) and removed, mdadm(8) `detached`; so are those that
 * failed and are still here. Prints `removed NAME` for each.
 */
export function removeGone({ arrayUuid }: { readonly arrayUuid: string }): Act {
  return act({
    name: "removing what is gone",
    limitMs: 60_000,
    shell: [arrayShell],
    body: `
${call("a_find", bareUuid(arrayUuid))}
g_gone= g_failed= g_fresh=
for g_path in "$a_dir"/dev-*; do
  g_one=\${g_path##*/dev-}
  a_member "$g_one" || continue
  case $a_states in *,faulty,*) g_dead=yes ;; *) g_dead=no ;; esac
  if [ ! -e "$g_path/block/dev" ]; then
    g_gone="$g_gone $g_one"
    [ "$g_dead" = yes ] || g_fresh="$g_fresh $g_one"
  elif [ "$g_dead" = yes ]; then g_failed="$g_failed $g_one"; fi
done
for g_one in $g_fresh; do
  a_sound
  a_spares "$g_one" || refuse last-copy "$g_one of $a_md is gone, and $a_why"
done
if [ -n "$g_fresh" ]; then
  a_rc=0
  mdadm --manage "/dev/$a_md" --fail detached >&2 || a_rc=$?
  [ "$a_rc" = 0 ] || a_broke "mdadm ended with $a_rc when$g_fresh, whose disk is gone, was to be failed"
fi
g_left=50
while g_still=; for g_one in $g_gone $g_failed; do [ ! -d "$a_dir/dev-$g_one" ] || g_still=yes; done; [ -n "$g_still" ]; do
  [ -z "$g_gone" ] || mdadm --manage "/dev/$a_md" --remove detached >&2 || :
  [ -z "$g_failed" ] || mdadm --manage "/dev/$a_md" --remove failed >&2 || :
  g_left=$((g_left - 1))
  [ "$g_left" -gt 0 ] || stop "$a_md doesn't let go of$g_gone$g_failed"
  sleep 0.2
done
for g_one in $g_gone $g_failed; do say removed "$g_one"; done`,
  });
}
