/**
 * The functions that `read` of the resource types calls, run on the host by its own sh: POSIX sh with coreutils or
 * busybox. A check that finds no difference prints nothing and, where it can, starts no process.
 */
export const readShell = `
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH
state=\${PROVISION_NODE_STATE:-/var/lib/provision-node}
nl='
'
part= # stands before the keys of a thing that is one of several of its item
seen() { s_id=$1 s_key=$part$2; shift 2; printf '@r %s %s %s\\n' "$s_id" "$s_key" "$*"; }

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

files_seen() { # digests as sha256sum prints them, attributes, and "id show|hide", a line for each file; then the paths
  f_digests=$1 f_attributes=$2 f_items=$3; shift 3
  if same_digests "$f_digests" "$@" && same_stats "$f_attributes" "$@"; then return 0; fi
  f_sums=$nl$(sha256sum -- "$@" 2>/dev/null)$nl f_stats=$nl$(stat -c '%f %U %G %n' -- "$@" 2>/dev/null)$nl
  for f_path in "$@"; do
    f_digest=\${f_digests%%"$nl"*} f_attribute=\${f_attributes%%"$nl"*} f_item=\${f_items%%"$nl"*}
    case $f_sums in *"$nl$f_digest$nl"*) f_same=yes ;; *) f_same=no ;; esac
    case $f_same$f_stats in
      yes*"$nl$f_attribute $f_path$nl"*) ;;
      *" $f_path$nl"*) file_seen "\${f_item% *}" "$f_path" "\${f_digest%% *}" "$f_attribute" "\${f_item#* }" ;;
      *) seen "\${f_item% *}" absent yes ;;
    esac
    f_digests=\${f_digests#*"$nl"} f_attributes=\${f_attributes#*"$nl"} f_items=\${f_items#*"$nl"}
  done
}

stats_seen() { # attributes and ids, a line for each thing; then the paths
  f_attributes=$1 f_items=$2; shift 2
  if same_stats "$f_attributes" "$@"; then return 0; fi
  f_stats=$nl$(stat -c '%f %U %G %n' -- "$@" 2>/dev/null)$nl
  for f_path in "$@"; do
    f_attribute=\${f_attributes%%"$nl"*}
    case $f_stats in
      *"$nl$f_attribute $f_path$nl"*) ;;
      *" $f_path$nl"*) stat_seen "\${f_items%%"$nl"*}" "$f_path" "$f_attribute" ;;
      *) seen "\${f_items%%"$nl"*}" absent yes ;;
    esac
    f_attributes=\${f_attributes#*"$nl"} f_items=\${f_items#*"$nl"}
  done
}

inputs_read() { # unit: what it last started and loaded with
  had_restart=none had_reload=none
  if [ -r "$state/services/$1" ]; then { read -r had_restart; read -r had_reload; } < "$state/services/$1"; fi
}

line_after() { # text start: the rest of its first line that begins so, in $s_rest
  # \${1#*"$2"} would take time by the square of the text's length.
  IFS=$nl; set -f
  for s_line in $1; do
    case $s_line in "$2"*) unset IFS; set +f; s_rest=\${s_line#"$2"}; return 0 ;; esac
  done
  unset IFS; set +f
  return 1
}

as_user() { # user command…: by that user's rights, in that user's home
  as_name=$1; shift
  if [ "$as_name" = root ]; then "$@"; return; fi
  account "$as_name" || { echo "there is no user $as_name"; return 126; }
  if command -v runuser >/dev/null 2>&1; then HOME=$a_home USER=$as_name LOGNAME=$as_name runuser -u "$as_name" -- "$@"
  else HOME=$a_home USER=$as_name LOGNAME=$as_name su -s /bin/sh "$as_name" -c 'exec "$@"' sh "$@"; fi
}

a_all= g_all= # /etc/passwd and /etc/group, read at the first question about them
account() { # name: its uid gid gecos home shell
  [ -n "$a_all" ] || a_all=$(cat /etc/passwd)
  line_after "$a_all" "$1:" || return 1
  a_rest=\${s_rest#*:} a_uid=\${a_rest%%:*} a_rest=\${a_rest#*:} a_gid=\${a_rest%%:*} a_rest=\${a_rest#*:}
  a_gecos=\${a_rest%%:*} a_rest=\${a_rest#*:} a_home=\${a_rest%%:*} a_shell=\${a_rest#*:}
}
`;
