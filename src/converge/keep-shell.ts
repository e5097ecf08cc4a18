/**
 * What a run replaces stays on the host by its content, and the run's journal tells what stood where: whatever changes a
 * file calls `keep` before it does. A line of the journal is `BEFORE AFTER PATH`, both as {@link keepShell}'s `look`
 * tells them: kind, mode, uid, gid and SHA-256 (of a link: of its target).
 */
export const keepShell = `
kept_runs=20
kept_bytes=67108864

keep_prepare() { # key of the run, or nothing: then nothing is kept
  run_key=$1
  [ -z "$1" ] || install -d -m 0700 "$state/kept" "$state/runs"
}

sweep() { # files that were written beside and never took their place
  if [ -s "$state/pending" ]; then
    while IFS= read -r k_left; do case $k_left in *.provision-new) rm -f -- "$k_left" ;; esac; done < "$state/pending"
  fi
  rm -f "$state/pending"
}

look() { # path: its state, in $k_state
  if [ -L "$1" ]; then
    k_digest=$(readlink -n -- "$1" | sha256sum)
    k_state="link $(stat -c '%a %u %g' -- "$1") \${k_digest%% *}"
  elif [ -f "$1" ]; then
    k_digest=$(sha256sum < "$1")
    k_state="file $(stat -c '%a %u %g' -- "$1") \${k_digest%% *}"
  elif [ -e "$1" ]; then k_state='other - - - -'
  else k_state='absent - - - -'; fi
}

keep_content() { # path of a file or link: a copy under its digest, for root only
  k_copy=$state/kept/.new
  rm -f "$k_copy"
  ( umask 077; if [ -L "$1" ]; then readlink -n -- "$1"; else cat -- "$1"; fi > "$k_copy" ) || {
    rm -f "$k_copy"
    echo "$1 can't be kept in $state/kept, and so isn't replaced: is the disk full?"
    return 1
  }
  k_digest=$(sha256sum < "$k_copy"); k_digest=\${k_digest%% *}
  mv -f "$k_copy" "$state/kept/$k_digest" || return 1
  keep_sync "$state/kept/$k_digest"
}

keep() { # path, and the file that takes its place, if any does; what can't be kept isn't replaced
  [ -n "$run_key" ] || return 0
  k_after='absent - - - -'
  if [ -n "$2" ]; then look "$2"; k_after=$k_state; fi
  look "$1"
  case $k_state in
    file*) if [ "$(wc -c < "$1")" -gt "$kept_bytes" ]; then k_state='large - - - -'; else keep_content "$1" || return 1; k_state="\${k_state% *} $k_digest"; fi ;;
    link*) keep_content "$1" || return 1 ;;
  esac
  [ -d "$state/runs/$run_key" ] || mkdir -m 0700 "$state/runs/$run_key" || return 1
  ( umask 077; printf '%s %s %s\\n' "$k_state" "$k_after" "$1" >> "$state/runs/$run_key/files" ) || return 1
  keep_sync "$state/runs/$run_key/files"
}
keep_sync() { sync "$1" 2>/dev/null || sync; }

keep_prune() { # the newest runs stay, and what they refer to
  [ -n "$run_key" ] || return 0
  ls -1t "$state/runs" | tail -n +$((kept_runs + 1)) > "$work/old"
  [ -s "$work/old" ] || return 0
  while IFS= read -r k_old; do [ "$k_old" = "$run_key" ] || rm -rf "$state/runs/$k_old"; done < "$work/old"
  cat "$state/runs"/*/files 2>/dev/null | cut -d ' ' -f 5 | sort -u > "$work/wanted"
  ls -1 "$state/kept" | grep -vxFf "$work/wanted" | while IFS= read -r k_old; do rm -f "$state/kept/$k_old"; done
}
`;
