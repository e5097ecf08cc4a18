/**
 * MegaRAID's part of a disk's replacement, by storcli's or perccli's text; needs `actShell`. Variables begin with m_. A
 * command's own "Status = Success" is read, and then the drive's state.
 */
export const megaraidShell = `
m_tool() {
  m_cli=
  for m_one in storcli64 storcli perccli64 perccli /opt/MegaRAID/storcli/storcli64 /opt/MegaRAID/perccli/perccli64; do
    have "$m_one" && { m_cli=$m_one; return 0; }
  done
  refuse no-tool 'neither storcli nor perccli is there'
}
m_ask() { # words: what it says, in $m_said; 1 if it isn't a success
  m_said=$("$m_cli" "$@" nolog 2>&1) || :
  case $m_said in
    *'Status = Failure'*) return 1 ;;
    *'Status = Success'*) return 0 ;;
  esac
  return 1
}
m_why() { # of what it said last: its description and errors, on one line
  printf '%s\\n' "$m_said" | sed -n -e 's/^Description = //p' -e '/^Status = /d' -e '/Failure/p' | tr '\\n' ' '
}
m_do() { m_ask "$@" || stop "$* failed: $(m_why)"; }
m_drive() { # path: $m_state, $m_group ("-", a number, F for foreign), $m_serial; 1 if nothing is in that bay
  m_state= m_group= m_serial=
  m_key=\${1##*/s}
  case $1 in */e*) m_bay=\${1##*/e}; m_key=\${m_bay%/s*}:$m_key ;; *) m_key=:$m_key ;; esac
  m_ask "$1" show all || return 1
  set -- $(printf '%s\\n' "$m_said" | sed -n "s/^ *$m_key  *[0-9-][0-9]*  *\\([A-Za-z]*\\)  *\\([0-9F-][0-9]*\\) .*/\\1 \\2/p" | head -n 1)
  m_state=\${1:-} m_group=\${2:-}
  m_serial=$(printf '%s\\n' "$m_said" | sed -n 's/^SN = *\\([^ ]*\\).*/\\1/p' | head -n 1)
  [ -n "$m_state" ]
}
m_volume() { # path of a virtual drive: $m_dg, $m_vd_state
  m_dg= m_vd_state=
  m_ask "$1" show || refuse no-pool "there is no virtual drive $1: $(m_why)"
  set -- $(printf '%s\\n' "$m_said" | sed -n 's/^ *\\([0-9][0-9]*\\)\\/[0-9][0-9]*  *RAID[0-9]*  *\\([A-Za-z]*\\) .*/\\1 \\2/p' | head -n 1)
  m_dg=\${1:-} m_vd_state=\${2:-}
  [ -n "$m_vd_state" ] || refuse no-pool 'the virtual drive does not tell its state'
}
m_same() { # path, serial
  [ -n "$m_serial" ] || [ "$m_state" != Onln ] || refuse no-serial "$1 does not tell its serial number"
  [ -z "$2" ] || [ -z "$m_serial" ] || [ "$m_serial" = "$2" ] || refuse moved "in $1 is the disk $m_serial, not $2"
}
m_leave() { # virtual drive, path, serial, its state as planned
  m_tool
  m_drive "$2" || { say absent; return 0; }
  m_same "$2" "$3"
  case $m_state in Rbld | Cpybck) refuse member-active "$2 is being filled ($m_state)" ;; esac
  if [ "$m_state" = Onln ]; then
    m_volume "$1"
    [ "$m_group" = "$m_dg" ] || refuse moved "$2 is in drive group $m_group, $1 in $m_dg"
    [ "$m_vd_state" = "$4" ] || refuse moved "$1 is $m_vd_state, and was $4 when this was planned"
    m_do "$2" set offline
    m_drive "$2" || stop "$2 does not answer after set offline"
    [ "$m_state" = Offln ] || stop "$2 is $m_state after set offline"
  fi
  case $m_state in
    Offln | Failed)
      m_do "$2" set missing
      m_drive "$2" || { say out "$2"; return 0; } ;;
  esac
  case $m_state in
    UGood | UBad) m_ask "$2" spindown || say "not spun down: $(m_why)" ;;
    *) stop "$2 is $m_state: it should be out of its group" ;;
  esac
  say out "$2"
}
m_light() { # path, start or stop; a bay without a drive may have none
  m_tool
  if [ -n "$1" ] && m_ask "$1" "$2" locate; then say led controller; else say led none; fi
}
m_join() { # virtual drive, path, the old disk's serial, yes or no: may what is on it be erased?
  m_tool
  m_drive "$2" || refuse no-disk "nothing is in $2: $(m_why)"
  [ -n "$m_serial" ] || refuse no-serial "$2 does not tell its serial number"
  [ "$m_serial" != "$3" ] || refuse same-disk "in $2 is the old disk $3 again"
  m_new=$m_serial
  m_volume "$1"
  case $m_state in
    Rbld | Onln)
      [ "$m_group" = "$m_dg" ] || refuse disk-in-use "$2 belongs to drive group $m_group, not to $m_dg"
      say "$m_state" "$2"
      return 0 ;;
  esac
  m_clean "$1" "$2" "$4"
  [ "$m_state" = UGood ] || { [ "$m_state" = Rbld ] && { say Rbld "$2"; return 0; }; } || refuse disk-in-use "$2 is $m_state"
  m_row "$1"
  m_do "$2" insert "dg=$m_dg" "array=$m_array" "row=$m_place"
  m_drive "$2" || stop "$2 does not answer after insert"
  [ "$m_serial" = "$m_new" ] || refuse moved "in $2 is the disk $m_serial now"
  [ "$m_state" = Rbld ] || m_do "$2" start rebuild
  m_drive "$2" || stop "$2 does not answer after start rebuild"
  [ "$m_state" = Rbld ] || stop "$2 is $m_state: the rebuild did not start"
  say Rbld "$2"
}
m_clean() { # virtual drive, path, may it be erased: unconfigured, good, nobody's
  m_controller=\${1%/v*}
  if [ "$m_group" = F ]; then
    [ "$3" = yes ] || refuse disk-not-blank "$2 holds the configuration of another controller"
    m_ask "$m_controller" show || stop "$m_controller does not answer"
    m_foreign=$(printf '%s\\n' "$m_said" | grep -c '^ *[0-9]*:[0-9][0-9]*  *[0-9-][0-9]*  *[A-Za-z]*  *F ')
    [ "$m_foreign" = 1 ] || refuse disk-not-blank "$m_foreign drives of $m_controller hold foreign configurations, which can only go together"
    m_do "$m_controller/fall" del
    m_drive "$2" || stop "$2 does not answer"
    [ "$m_group" != F ] || stop "$2 is still foreign"
  fi
  case $m_state in
    JBOD)
      [ "$3" = yes ] || refuse disk-not-blank "$2 is a disk of its own (JBOD): what is on it would be lost"
      m_do "$2" set good force ;;
    UBad) m_ask "$2" set good force || refuse disk-bad "the controller calls $2 bad: $(m_why)" ;;
    *) return 0 ;;
  esac
  m_drive "$2" || stop "$2 does not answer after set good"
}
m_row() { # virtual drive: the empty place of its group, in $m_array and $m_place
  m_ask "\${1%/v*}" show || stop "\${1%/v*} does not answer"
  m_rows=$(printf '%s\\n' "$m_said" | sed -n "s/^ *$m_dg  *\\([0-9][0-9]*\\)  *\\([0-9][0-9]*\\)  *-  *-  *DRIVE  *Msng .*/\\1 \\2/p")
  set -- $m_rows
  [ $# = 2 ] || refuse no-place "drive group $m_dg has not exactly one empty place: \${m_rows:-none}"
  m_array=$1 m_place=$2
}
`;
