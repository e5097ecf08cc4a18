import { applyShell } from "./apply-shell.ts";
import { readShell } from "./read-shell.ts";

/** Largest text that is shown before it is put back. */
const shownBytes = 262_144;

/**
 * Tells a run's journal, line by line, with the state that each file has now: `@j BEFORE AFTER NOW PATH`, then `@lost` if
 * the host keeps the content no more, and `@then` and `@now` with what everybody on the host may read.
 */
export const lookBackShell = `${readShell}${applyShell}
look_back() { # key
  b_journal=$state/runs/$1/files
  [ -r "$b_journal" ] || { echo @none; echo @end; return 0; }
  while read -r b1 b2 b3 b4 b5 a1 a2 a3 a4 a5 b_path; do
    look "$b_path"
    printf '@j %s %s %s %s\\n' "$b1 $b2 $b3 $b4 $b5" "$a1 $a2 $a3 $a4 $a5" "$k_state" "$b_path"
    b_kept=$state/kept/$b5
    case $b1 in file | link) [ -r "$b_kept" ] || echo @lost ;; esac
    case $b1:$b2 in file:*[4567]) show_back @then "$b_kept" ;; esac
    case $k_state in file\\ *[4567]\\ *\\ *\\ *) show_back @now "$b_path" ;; esac
  done < "$b_journal"
  echo @end
}
show_back() { # mark path
  [ -r "$2" ] && [ "$(wc -c < "$2")" -le ${shownBytes} ] || return 0
  printf '%s %s\\n' "$1" "$(base64 < "$2" | tr -d '\\n')"
}
`;

/** What puts files back. It leaves packages alone, and so has no starts of services to allow again. */
export const rollbackShell = `${readShell}${applyShell}
restore_policy() { :; }

put_back() { # path state-as-seen kind mode uid gid digest
  look "$1"
  [ "$k_state" = "$2" ] || { echo "$1 has changed since it was looked at"; return 1; }
  if [ "$3" = absent ]; then take_away "$1"; return; fi
  beside "$1"
  if [ "$3" = link ]; then
    ln -s "$(cat "$state/kept/$7")" "$p_new"
    chown -h "$5:$6" "$p_new"
  else
    ( umask 077; cat "$state/kept/$7" > "$p_new" )
    chown "$5:$6" "$p_new"
    chmod "$4" "$p_new"
  fi
  look "$p_new"
  [ "$k_state" = "$3 $4 $5 $6 $7" ] || { echo "what is kept of $1 is damaged"; rm -f "$p_new"; return 1; }
  swap_in "$p_new" "$1"
}

refresh_now() { # unit restart|reload
  systemctl daemon-reload
  if ! systemctl is-active --quiet -- "$1"; then echo "$1 is not running"; return 0; fi
  systemctl "$2" -- "$1"
  sleep 1
  systemctl is-active --quiet -- "$1" || { systemctl status --no-pager -l -n 8 -- "$1"; return 1; }
}
`;
