import { type Act, act, bareUuid, call } from "./act.ts";
import { arrayShell } from "./array-shell.ts";
import type { ArrayPlace } from "./fail-member.ts";
import { joinShell } from "./join-shell.ts";

/**
 * Puts a disk back that was in the array: only what changed meanwhile is copied, by the array's bitmap. Prints `re-added
 * NAME`, `present NAME` or `rebuilding NAME`.
 *
 * An array without a bitmap takes nothing back (md(4)): there its old copy is given up and rebuilt as a whole, but only
 * while everything is on the others (all in sync, none with bad blocks); else `re-add-impossible`, and the copy stays.
 */
export function reAddMember({ arrayUuid, serial, partition }: ArrayPlace): Act {
  const uuid = bareUuid(arrayUuid);
  return act({
    name: "putting a member back",
    limitMs: 120_000,
    shell: [arrayShell, joinShell, readd],
    body: `
${call("a_find", uuid)}
${call("d_place", serial, partition)}
if a_member "$d_dev"; then
  case $a_states in
    *,faulty,*) a_sound; a_remove "$d_dev" ;;
    *) say present "$d_dev"; return 0 ;;
  esac
fi
a_sound
j_free "$d_dev"
if ${call('j_ours "$d_dev"', uuid)}; then
  j_writable
  if mdadm --manage "/dev/$a_md" --re-add "/dev/$d_dev" >&2; then
    a_member "$d_dev" || stop "$d_dev isn't in $a_md after it was put back"
    say re-added "$d_dev"
    return 0
  fi
elif blkid -p -- "/dev/$d_dev" >&2; then refuse foreign-member "$d_dev was never in $a_md, by what is on it"; fi
${call("r_rebuild", partition)}`,
  });
}

const readd = `
r_rebuild() { # number of the partition: as a new one, where nothing can be lost by that
  disk_line "$a_dir/bitmap/location"
  case $d_text in none | '') ;; *) refuse re-add-impossible "$a_md doesn't take $d_dev back, although it has a bitmap" ;; esac
  disk_line "$a_dir/raid_disks"; r_disks=\${d_text%% *}
  a_others none
  [ "$a_count" -ge $((r_disks - 1)) ] || refuse re-add-impossible "$a_md doesn't take $d_dev back; only $a_count of the others are in sync, so its copy is left alone"
  for r_path in "$a_dir"/dev-*; do
    disk_line "$r_path/bad_blocks"
    [ -z "$d_text" ] || refuse re-add-impossible "$a_md doesn't take $d_dev back; \${r_path##*/dev-} has bad blocks, so its copy is left alone"
  done
  j_fits "$d_dev" "$1"
  must mdadm --zero-superblock "/dev/$d_dev"
  must mdadm --manage "/dev/$a_md" --add "/dev/$d_dev"
  a_member "$d_dev" || stop "$d_dev isn't in $a_md after it was added"
  say rebuilding "$d_dev"
}
`;
