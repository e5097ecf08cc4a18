/** HPE's part of a disk's replacement, by ssacli's text; needs `actShell`. Variables begin with h_. */
export const hpeShell = `
h_tool() {
  h_cli=
  for h_one in ssacli hpssacli hpacucli /opt/smartstorageadmin/ssacli/bin/ssacli; do
    have "$h_one" && { h_cli=$h_one; return 0; }
  done
  refuse no-tool 'ssacli is not there'
}
h_field() { # name: the first line of what it said last that has it, in $h_value
  h_value=$(printf '%s\\n' "$h_said" | sed -n "s/^ *$1: *\\(.*[^ ]\\) *\\$/\\1/p" | head -n 1)
}
h_drive() { # slot, place: $h_state, $h_serial, $h_type; 1 if there is no such drive
  h_said=$("$h_cli" ctrl "slot=$1" pd "$2" show detail 2>/dev/null | tr -d '\\r') || return 1
  h_field Status; h_state=$h_value
  h_field 'Serial Number'; h_serial=$h_value
  h_field 'Drive Type'; h_type=$h_value
  [ -n "$h_state" ]
}
h_volume() { # slot, logical drive: its state, in $h_ld
  h_said=$("$h_cli" ctrl "slot=$1" ld "$2" show detail 2>/dev/null | tr -d '\\r')
  h_field Status; h_ld=$h_value
  [ -n "$h_ld" ] || refuse no-pool "the controller in slot $1 has no logical drive $2"
}
h_leave() { # slot, logical drive, place, serial, the logical drive's state as planned
  h_tool
  h_drive "$1" "$3" || { say absent; return 0; }
  [ -z "$4" ] || [ -z "$h_serial" ] || [ "$h_serial" = "$4" ] || refuse moved "in $3 is the disk $h_serial, not $4"
  case $h_state in Failed*) say out "$3"; return 0 ;; esac
  [ -n "$h_serial" ] || refuse no-serial "$3 does not tell its serial number"
  h_volume "$1" "$2"
  [ "$h_ld" = "$5" ] || refuse moved "the logical drive $2 is \\"$h_ld\\", and was \\"$5\\" when this was planned"
  sync
  say ready "$3"
}
h_light() { # slot, place, on or off
  h_tool
  if [ "$3" = on ]; then set -- "$1" "$2" led=on duration=3600; else set -- "$1" "$2" led=off; fi
  h_slot=$1 h_place=$2
  shift 2
  if "$h_cli" ctrl "slot=$h_slot" pd "$h_place" modify "$@" >/dev/null 2>&1; then say led controller; else say led none; fi
}
h_join() { # slot, logical drive, place, the old disk's serial: prints what the drive and the array are
  h_tool
  h_drive "$1" "$3" || refuse no-disk "nothing is in $3 of the controller in slot $1"
  [ -n "$h_serial" ] || refuse no-serial "$3 does not tell its serial number"
  [ "$h_serial" != "$4" ] || refuse same-disk "in $3 is the old disk $4 again"
  case $h_type in *Unassigned* | *HBA*) refuse disk-in-use "$3 is a drive by itself ($h_type): the controller doesn't take it" ;; esac
  case $h_state in
    OK | *ebuild* | *ecover*) ;;
    *) refuse disk-bad "the controller calls the new drive in $3 \\"$h_state\\"" ;;
  esac
  h_new=$h_state
  h_volume "$1" "$2"
  case $h_ld in
    OK | Recovering* | Rebuilding* | *[Rr]ebuild*) ;;
    *) refuse not-rebuilding "the logical drive $2 is \\"$h_ld\\", the drive in $3 \\"$h_new\\"" ;;
  esac
  say "$h_new, $h_ld"
}
`;
