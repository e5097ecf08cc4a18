import { type Act, act, call, quoted } from "./act.ts";
import { bootShell } from "./boot-shell.ts";

export interface EspMove {
  readonly fromSerial: string;
  readonly toSerial: string;
  readonly mountPoint: string;
}

/**
 * Mounts another disk's EFI system partition in place of this one's, now and in fstab (with `nofail`: a machine must start
 * without it). Prints `moved NAME` or `same NAME`.
 */
export function moveEspMount({ fromSerial, toSerial, mountPoint }: EspMove): Act {
  return act({
    name: "moving the EFI system partition's mount",
    limitMs: 60_000,
    shell: [bootShell, shell],
    body: `
${call("m_point", mountPoint)}
m_from=
if ${call("d_look", fromSerial)}; then m_esp "$d_disk"; m_from=$m_part; fi
${call("d_find", toSerial)}
m_esp "$d_disk"
m_to=$m_part
[ -n "$m_to" ] || refuse no-esp ${quoted(`the disk ${toSerial} has no EFI system partition`)}
[ "$(blkid -p -s TYPE -o value -- "/dev/$m_to" 2>/dev/null)" = vfat ] || refuse no-esp "$m_to holds no FAT"
m_did=same
m_move
m_fstab
say "$m_did" "$m_to"`,
  });
}

const shell = `
m_point() {
  case $1 in
    /*[!A-Za-z0-9/._-]* | / | [!/]* | '') refuse no-mount "$1 is no place for an EFI system partition" ;;
  esac
  m_where=$1
}
m_esp() { # disk: its EFI system partition's kernel name, in $m_part
  m_part=
  for m_path in "/sys/block/$1"/*/partition; do
    [ -e "$m_path" ] || continue
    m_path=\${m_path%/partition}
    b_esp "\${m_path##*/}" && m_part=\${m_path##*/}
  done
}
m_mounted() { # the numbers of what is mounted there, in $m_number
  m_number=
  while read -r m_1 m_2 m_3 m_4 m_5 m_6; do [ "$m_5" != "$m_where" ] || m_number=$m_3; done < /proc/self/mountinfo
}
m_move() {
  # What is mounted by the automounter isn't there before somebody looks.
  ls "$m_where" >/dev/null 2>&1 || :
  m_mounted
  u_number "$m_to"
  [ "$m_number" != "$u_number" ] || return 0
  if [ -n "$m_number" ]; then
    [ -n "$m_from" ] || refuse no-mount "what is mounted at $m_where isn't the old disk's"
    u_number "$m_from"
    [ "$m_number" = "$u_number" ] || refuse no-mount "what is mounted at $m_where isn't the old disk's $m_from"
    must umount "$m_where"
  fi
  must mkdir -p "$m_where"
  must mount -t vfat -o umask=0077 "/dev/$m_to" "$m_where"
  m_did=moved
}
m_fstab() { # its line names the UUID of the other; the old file is kept beside it, and nothing half is ever in its place
  [ -e /etc/fstab ] || return 0
  m_uuid=$(blkid -p -s UUID -o value -- "/dev/$m_to")
  [ -n "$m_uuid" ] || stop "$m_to has no UUID"
  m_new=$(mktemp /etc/fstab.XXXXXX) || stop 'no room beside fstab'
  awk -v where="$m_where" -v uuid="$m_uuid" '
    $1 !~ /^#/ && $2 == where { if ($4 !~ /(^|,)nofail(,|$)/) $4 = $4 ",nofail"; $1 = "UUID=" uuid; print $1, $2, $3, $4, $5 + 0, 0; next }
    { print }' /etc/fstab > "$m_new" || stop 'fstab could not be written'
  if cmp -s "$m_new" /etc/fstab; then rm -f "$m_new"; return 0; fi
  m_did=moved
  cp -p /etc/fstab /etc/fstab.before-disk-swap
  chmod 0644 "$m_new"
  sync "$m_new" 2>/dev/null || sync
  mv "$m_new" /etc/fstab
  ! have systemctl || systemctl daemon-reload >&2 || :
}
`;
