import { type Act, act } from "./act.ts";

/**
 * What the next start needs to know: every running array stands in mdadm.conf by its UUID, and the initramfs has that file
 * too. A disk's swap changes no UUID, so mostly nothing is done. Prints `same`, `unlisted` (a file without arrays lets all
 * of them start: it stays so), or `added UUID` for each and `initramfs`.
 */
export function refreshBootConfig(): Act {
  return act({ name: "refreshing the boot configuration", limitMs: 600_000, body });
}

const body = `
c_conf=/etc/mdadm/mdadm.conf
[ -d /etc/mdadm ] || c_conf=/etc/mdadm.conf
c_listed=$(grep -i '^ARRAY ' "$c_conf" 2>/dev/null | sed -n 's/.*[Uu][Uu][Ii][Dd]=\\([0-9A-Fa-f:]*\\).*/\\1/p' | tr 'A-F' 'a-f')
[ -n "$c_listed" ] || { say unlisted; return 0; }
c_new=$(mktemp "$c_conf.XXXXXX") || stop "no room beside $c_conf"
cat "$c_conf" > "$c_new"
[ -z "$(tail -c 1 "$c_new")" ] || echo >> "$c_new"
c_scan=$(mdadm --detail --scan) || stop "mdadm can't tell the arrays"
c_added=
while IFS= read -r c_row; do
  c_uuid=$(printf '%s\\n' "$c_row" | sed -n 's/.*UUID=\\([0-9A-Fa-f:]*\\).*/\\1/p' | tr 'A-F' 'a-f')
  [ -n "$c_uuid" ] || continue
  case " $(printf '%s' "$c_listed" | tr '\\n' ' ') " in *" $c_uuid "*) continue ;; esac
  printf '%s\\n' "$c_row" >> "$c_new"
  c_added="$c_added $c_uuid"
done <<SCAN
$c_scan
SCAN
if [ -z "$c_added" ]; then rm -f "$c_new"; say same; return 0; fi
chmod 0644 "$c_new"
sync "$c_new" 2>/dev/null || sync
mv "$c_new" "$c_conf"
for c_uuid in $c_added; do say added "$c_uuid"; done
if have update-initramfs; then must update-initramfs -u
elif have dracut; then must dracut --force
else stop 'neither update-initramfs nor dracut is here'; fi
say initramfs`;
