/** How a host is asked about its units and how one is brought where it should be, whoever wants it. */
const readShell = `
services_known() { # units: a block of lines for each, in this order
  systemctl show -p LoadState -p ActiveState -p SubState -p UnitFileState -p Type -p NeedDaemonReload -- "$@" 2>/dev/null
}
unit_next() { # the next block on stdin
  u_load= u_active= u_sub= u_file= u_type= u_reload=
  while IFS='=' read -r u_key u_value; do
    case $u_key in
      LoadState) u_load=$u_value ;;
      ActiveState) u_active=$u_value ;;
      SubState) u_sub=$u_value ;;
      UnitFileState) u_file=$u_value ;;
      Type) u_type=$u_value ;;
      NeedDaemonReload) u_reload=$u_value ;;
      '') return 0 ;;
    esac
  done
}
service_seen() { # id unit enabled running masked restart-inputs reload-inputs; its block on stdin
  unit_next
  case $5:$u_load in
    yes:masked | no:not-found) ;;
    yes:*) seen "$1" masked no ;;
    no:masked) seen "$1" masked yes ;;
  esac
  case $u_load in '' | not-found) seen "$1" load not-found; return 0 ;; esac
  case $3:$u_file in
    any:* | no:disabled | no:masked | no:static | no:indirect | no:generated | no:) ;;
    yes:enabled | yes:enabled-runtime | yes:static | yes:alias | yes:indirect | yes:generated | yes:linked) ;;
    *) seen "$1" enabled "$u_file" ;;
  esac
  case $4:$u_active:$u_type:$u_sub in
    # Called active, but the process that it stands for is gone.
    yes:active:simple:exited | yes:active:exec:exited | yes:active:notify*:exited | yes:active:dbus:exited) seen "$1" active exited ;;
    any:* | yes:active:* | yes:reloading:* | no:inactive:* | no:failed:*) ;;
    *) seen "$1" active "$u_active" ;;
  esac
  inputs_read "$2"
  [ "$6" = - ] || [ "$6" = "$had_restart" ] || seen "$1" restart "$had_restart"
  [ "$7" = - ] || [ "$7" = "$had_reload" ] || seen "$1" reload "$had_reload"
}
`;

const applyShell = `
property() { systemctl show -p "$2" --value -- "$1"; }

ensure_service() { # unit enabled running masked restart reload
  if [ "$(property "$1" NeedDaemonReload)" = yes ] || [ "$(property "$1" LoadState)" = not-found ]; then
    systemctl daemon-reload
  fi
  case $4 in
    yes) systemctl mask --now -- "$1"; return ;;
    no) systemctl unmask -- "$1" ;;
  esac
  case $2 in yes) systemctl enable -- "$1" ;; no) systemctl disable -- "$1" ;; esac
  case $3 in
    no) systemctl stop -- "$1"; return ;;
    any) return ;;
  esac
  inputs_read "$1"
  if [ "$(property "$1" ActiveState)" != active ]; then
    systemctl reset-failed -- "$1" 2>/dev/null || :
    systemctl start -- "$1" || unit_failed "$1"
  elif left_its_process "$1"; then systemctl restart -- "$1" || unit_failed "$1"
  elif [ "$5" != - ] && [ "$5" != "$had_restart" ]; then systemctl restart -- "$1" || unit_failed "$1"
  elif [ "$6" != - ] && [ "$6" != "$had_reload" ]; then
    if [ "$(property "$1" CanReload)" = yes ]; then systemctl reload -- "$1" || unit_failed "$1"
    else echo "$1 can't reload: it is restarted"; systemctl restart -- "$1" || unit_failed "$1"; fi
  fi
  stays_up "$1" || unit_failed "$1"
  record_inputs "$1" "$5" "$6"
}
left_its_process() { # active (exited), though its type promises a process
  case $(property "$1" SubState):$(property "$1" Type) in
    exited:simple | exited:exec | exited:notify* | exited:dbus) return 0 ;;
  esac
  return 1
}
stays_up() { # unit: active, and still the same process after a while
  u_left=60
  while [ "$(property "$1" ActiveState)" != active ]; do
    u_left=$((u_left - 1))
    [ "$u_left" -gt 0 ] || { echo "$1 isn't up after a minute"; return 1; }
    case $(property "$1" ActiveState) in
      failed) return 1 ;;
      inactive)
        if [ "$(property "$1" Type)" = oneshot ]; then echo "$1 is a oneshot without RemainAfterExit: it can't be kept running"
        else echo "the process of $1 ended, or forked away from a unit whose Type isn't forking"; fi
        return 1 ;;
    esac
    sleep 1
  done
  # Of these systemd knows only that a process was begun: one that forks away reads active for about a second.
  case $(property "$1" Type) in simple | exec | idle) u_watch=3 ;; '' | oneshot) u_watch=0 ;; *) u_watch=1 ;; esac
  u_pid=$(property "$1" MainPID)
  sleep "$u_watch"
  if [ "$(property "$1" ActiveState)" = active ] && [ "$(property "$1" MainPID)" = "$u_pid" ] && ! left_its_process "$1"; then return 0; fi
  echo "$1 was up, and $u_watch s later it isn't, or is another process"
  return 1
}
unit_failed() { systemctl status --no-pager -l -n 8 -- "$1" || :; return 1; }
`;

export const serviceShell = { read: readShell, apply: applyShell };
