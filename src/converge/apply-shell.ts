import { keepShell } from "./keep-shell.ts";

/**
 * The frame of an apply and the functions that its steps call, run on the host by its own sh. It says one line for
 * each thing that happens; what the commands print goes to a log, whose end is told only of a failure.
 *
 * A broken connection doesn't kill a step: SIGPIPE is ignored, and the next line that nobody hears ends the run
 * between two steps.
 */
export const applyShell = `${keepShell}
umask 022
now() { read -r n_up n_idle < /proc/uptime; n_s=\${n_up%.*} n_c=\${n_up#*.}; n_ms=$((n_s * 1000 + \${n_c#0} * 10)); }
say() { printf '%s\\n' "$*" || exit 74; }

prepare() { # who, and the run's key: the lock, the scratch folder, what an earlier run left behind
  trap '' PIPE HUP
  mkdir -p "$state/services" && chmod 0755 "$state" || { say "@broken cannot write $state"; exit 73; }
  command -v flock >/dev/null 2>&1 || { say "@broken flock is missing, without which two runs could meet"; exit 73; }
  exec 9>>"$state/lock"
  if ! flock -n 9; then say "@busy $(cat "$state/holder" 2>/dev/null)"; exit 75; fi
  printf '%s, since %s\\n' "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" > "$state/holder"
  work=$state/work log=$state/work/log broken=' '
  rm -rf "$work"
  mkdir -m 0700 "$work" || exit 73
  trap 'sweep; rm -rf "$work"; restore_policy' EXIT
  trap 'exit 143' INT TERM
  restore_policy
  sweep
  keep_prepare "$2"
}
finish() { keep_prune; say @end; }

agree() { # digest: is the host still as the plan has it?
  a_found=$(witness | sha256sum)
  [ "\${a_found%% *}" = "$1" ] || { say @stale; exit 76; }
}

is_broken() { # ids: the first of them that failed or was skipped, in $cause
  for cause in "$@"; do case $broken in *" $cause "*) return 0 ;; esac; done
  return 1
}

step() { # id, then the ids it stands on
  id=$1; shift
  if is_broken "$@"; then broken="$broken$id "; say "@step $id skipped $cause"; return 0; fi
  say "@step $id start"
  now; t_start=$n_ms
  rm -f "$work/code"
  ( set -e; "step_$id" ) >"$log" 2>&1 </dev/null 9>&-
  rc=$?
  now
  conclude "$id" "$rc" $((n_ms - t_start))
}

conclude() { # id rc ms
  if [ "$2" = 0 ]; then say "@step $1 done $3"; return 0; fi
  broken="$broken$1 "
  c_code=resource-failed
  [ ! -s "$work/code" ] || read -r c_code < "$work/code"
  tail -n 20 "$log" | cut -c 1-500 | while IFS= read -r line; do printf '@out %s %s\\n' "$1" "$line"; done
  say "@step $1 failed $3 $c_code"
}

because() { echo "$1" > "$work/code"; }

beside() { # path: where its successor is prepared, in $p_new
  p_new=\${1%/*}/.\${1##*/}.provision-new
  if [ -d "$1" ] && [ ! -L "$1" ]; then echo "$1 is a directory"; return 1; fi
  rm -f "$p_new"
  ( umask 077; printf '%s\\n' "$p_new" >> "$state/pending" )
}

swap_in() { # new path check commit: every replacement of a file's content ends here; the last two are functions or empty
  if [ -n "$3" ] && ! "$3" "$1"; then because validation-failed; rm -f "$1"; return 1; fi
  [ -L "$1" ] || sync "$1" 2>/dev/null || sync
  keep "$2" "$1" || { rm -f "$1"; return 1; }
  "\${4:-:}"
  # busybox's mv takes a link to a folder for the folder.
  mv -fT "$1" "$2" 2>/dev/null || { [ ! -L "$2" ] || rm -f "$2"; mv -fT "$1" "$2"; }
  sync "\${2%/*}/" 2>/dev/null || :
}

put() { # path mode owner group check commit: functions for the new file and before the rename; base64 on stdin
  beside "$1"
  ( umask 077; base64 -d > "$p_new" )
  chown "$3:$4" "$p_new"
  chmod "$2" "$p_new"
  swap_in "$p_new" "$1" "$5" "$6"
}

put_link() { # path target
  beside "$1"
  ln -s "$2" "$p_new"
  swap_in "$p_new" "$1"
}
take_away() { # path
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then return 0; fi
  keep "$1" '' || return 1
  rm -f -- "$1"
  sync "\${1%/*}/" 2>/dev/null || :
}

outdate() { # kind (restart|reload) units: forget what they last started or loaded with, before an input changes
  o_kind=$1; shift
  for o_unit in "$@"; do
    inputs_read "$o_unit"
    case $o_kind in restart) had_restart=outdated ;; reload) had_reload=outdated ;; esac
    record_inputs "$o_unit" "$had_restart" "$had_reload"
  done
}
record_inputs() { # unit restart reload
  printf '%s\\n%s\\n' "$2" "$3" > "$state/services/.$1.new"
  mv -f "$state/services/.$1.new" "$state/services/$1"
}
`;
