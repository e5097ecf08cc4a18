/**
 * The functions that `read` of the resource types calls, run on the host by its own sh: POSIX sh with coreutils or
 * busybox. A check that finds no difference prints nothing and, where it can, starts no process.
 */
export const readShell = `
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH
state=\${PROVISION_NODE_STATE:-/var/lib/provision-node}
nl='
'
seen() { s_id=$1 s_key=$2; shift 2; printf '@r %s %s %s\\n' "$s_id" "$s_key" "$*"; }

same_stats() { s_expected=$1; shift; [ "$(stat -c '%f %U %G' -- "$@" 2>/dev/null)" = "$s_expected" ]; }
same_digests() { s_expected=$1; shift; [ "$(sha256sum -- "$@" 2>/dev/null)" = "$s_expected" ]; }

gone_seen() { if [ -e "$2" ] || [ -L "$2" ]; then seen "$1" exists yes; fi; }

stat_seen() { # id path attributes
  if s_stat=$(stat -c '%f %U %G' -- "$2" 2>/dev/null); then
    [ "$s_stat" = "$3" ] || seen "$1" attributes "$s_stat"
  else seen "$1" absent yes; fi
}

file_seen() { # id path digest attributes show|hide
  stat_seen "$1" "$2" "$4"
  case $s_stat in 8*) ;; *) return 0 ;; esac
  s_digest=$(sha256sum < "$2"); s_digest=\${s_digest%% *}
  [ "$s_digest" != "$3" ] || return 0
  seen "$1" digest "$s_digest"
  if [ "$5" = show ] && [ "$(wc -c < "$2")" -le 262144 ]; then
    seen "$1" content "$(base64 < "$2" | tr -d '\\n')"
  fi
}

link_seen() { # id path target
  if [ -L "$2" ]; then s_target=$(readlink -- "$2"); elif [ -e "$2" ]; then s_target='(not a link)'; else s_target='(absent)'; fi
  [ "$s_target" = "$3" ] || seen "$1" target "$s_target"
}

packages_known() { known=$nl$(dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' -- "$@" 2>/dev/null)$nl; }
package_seen() { # id name present|absent
  s_status=not-installed
  case $known in *"$nl$2 "*) s_rest=\${known#*"$nl$2 "}; s_status=\${s_rest%%"$nl"*} ;; esac
  case $3:$s_status in
    present:installed | absent:not-installed | absent:config-files) ;;
    *) seen "$1" status "$s_status" ;;
  esac
}

service_seen() { # id unit enabled running restart-inputs reload-inputs
  s_load= s_active= s_file=
  while IFS='=' read -r s_key s_value; do
    case $s_key in LoadState) s_load=$s_value ;; ActiveState) s_active=$s_value ;; UnitFileState) s_file=$s_value ;; esac
  done <<UNIT
$(systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$2" 2>/dev/null)
UNIT
  case $s_load in '' | not-found) seen "$1" load not-found; return 0 ;; esac
  case $3:$s_file in
    any:* | no:disabled | no:masked | no:static | no:) ;;
    yes:enabled | yes:enabled-runtime | yes:static | yes:alias | yes:indirect | yes:generated | yes:linked) ;;
    *) seen "$1" enabled "$s_file" ;;
  esac
  case $4:$s_active in
    any:* | yes:active | yes:reloading | no:inactive | no:failed) ;;
    *) seen "$1" active "$s_active" ;;
  esac
  inputs_read "$2"
  [ "$5" = - ] || [ "$5" = "$had_restart" ] || seen "$1" restart "$had_restart"
  [ "$6" = - ] || [ "$6" = "$had_reload" ] || seen "$1" reload "$had_reload"
}
inputs_read() { # unit: what it last started and loaded with
  had_restart=none had_reload=none
  if [ -r "$state/services/$1" ]; then { read -r had_restart; read -r had_reload; } < "$state/services/$1"; fi
}

account() { # name: uid gid home shell of /etc/passwd
  while IFS=: read -r a_name a_x a_uid a_gid a_gecos a_home a_shell; do [ "$a_name" != "$1" ] || return 0; done < /etc/passwd
  return 1
}
user_seen() { # id name present|absent uid group home shell groups
  if ! account "$2"; then [ "$3" = absent ] || seen "$1" absent yes; return 0; fi
  if [ "$3" = absent ]; then seen "$1" exists yes; return 0; fi
  [ -z "$4" ] || [ "$4" = "$a_uid" ] || seen "$1" uid "$a_uid"
  [ -z "$6" ] || [ "$6" = "$a_home" ] || seen "$1" home "$a_home"
  [ -z "$7" ] || [ "$7" = "$a_shell" ] || seen "$1" shell "$a_shell"
  s_primary=$a_gid s_in=' '
  while IFS=: read -r g_name g_x g_gid g_members; do
    [ "$g_gid" != "$a_gid" ] || s_primary=$g_name
    case ,$g_members, in *,"$2",*) s_in="$s_in$g_name " ;; esac
  done < /etc/group
  [ -z "$5" ] || [ "$5" = "$s_primary" ] || seen "$1" group "$s_primary"
  s_missing=
  for s_group in $8; do case $s_in in *" $s_group "*) ;; *) s_missing="$s_missing $s_group" ;; esac; done
  [ -z "$s_missing" ] || seen "$1" groups "\${s_missing# }"
}

group_seen() { # id name present|absent gid
  s_gid=
  while IFS=: read -r g_name g_x g_gid g_members; do [ "$g_name" != "$2" ] || s_gid=$g_gid; done < /etc/group
  case $3:$s_gid in
    present:) seen "$1" absent yes ;;
    absent:) ;;
    absent:*) seen "$1" exists yes ;;
    *) [ -z "$4" ] || [ "$4" = "$s_gid" ] || seen "$1" gid "$s_gid" ;;
  esac
}

authorized_key_seen() { # id user blob present|absent
  s_there=absent
  if account "$2" && grep -qF -- "$3" "$a_home/.ssh/authorized_keys" 2>/dev/null; then s_there=present; fi
  [ "$s_there" = "$4" ] || seen "$1" key "$s_there"
}

sysctl_path() { # key
  s_rest=$1 s_path=/proc/sys
  while :; do
    s_path=$s_path/\${s_rest%%.*}
    case $s_rest in *.*) s_rest=\${s_rest#*.} ;; *) return 0 ;; esac
  done
}
sysctl_live() { # key; by cat, because sh reads bytewise and the kernel gives all of it to the first read or nothing
  sysctl_path "$1"
  set -f; set -- $(cat "$s_path" 2>/dev/null); set +f
  s_live="$*"
}
sysctl_seen() { # id key value
  sysctl_live "$2"
  [ "$s_live" = "$3" ] || seen "$1" live "$s_live"
  s_line=
  if [ -r "/etc/sysctl.d/70-provision-$2.conf" ]; then IFS= read -r s_line < "/etc/sysctl.d/70-provision-$2.conf"; fi
  [ "$s_line" = "$2 = $3" ] || seen "$1" file "\${s_line#* = }"
}
`;
