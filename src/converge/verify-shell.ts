/**
 * The functions that check promises, run on the host by its own sh. Each prints what it found; its exit code is the
 * verdict. HTTP is spoken by curl or, without it, by bash's /dev/tcp.
 */
export const verifyShell = `
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH

check_port() { # port hexadecimal-port
  if cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi "^ *[0-9]*: [0-9A-F]*:$2 [0-9A-F]*:0000 0A "; then echo "port $1 listens"
  else echo "nothing listens on port $1"; return 1; fi
}

check_service() { # unit seconds
  v_state=$(systemctl show -p ActiveState --value -- "$1") v_pid=$(systemctl show -p MainPID --value -- "$1")
  [ "$v_state" = active ] || { echo "$v_state"; systemctl show -p Result -p ExecMainStatus -- "$1"; return 1; }
  sleep "$2"
  v_later=$(systemctl show -p ActiveState --value -- "$1") v_again=$(systemctl show -p MainPID --value -- "$1")
  echo "$v_later, MainPID $v_pid, after $2 s $v_again"
  [ "$v_later" = active ] && [ "$v_pid" = "$v_again" ]
}

fetch_head() { # url host-header pattern: status line and headers, then whether a line of the body fits
  f_rest=\${1#http://} f_path=/
  case $f_rest in */*) f_path=/\${f_rest#*/} f_rest=\${f_rest%%/*} ;; esac
  f_name=\${2:-$f_rest}
  f_body=$(mktemp) || return 1
  if command -v curl >/dev/null 2>&1; then curl -sS -m 20 --noproxy '*' -o "$f_body" -D - -H "Host: $f_name" -- "$1" 2>&1
  elif command -v bash >/dev/null 2>&1; then
    f_port=80
    case $f_rest in *:*) f_port=\${f_rest##*:} f_rest=\${f_rest%:*} ;; esac
    timeout 20 bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
      printf "GET %s HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n" "$2" "$3" >&3
      while IFS= read -r l <&3 && [ "$l" != $(printf "\\r") ]; do printf "%s\\n" "$l"; done
      cat <&3 > "$4"' "$f_rest" "$f_port" "$f_path" "$f_name" "$f_body" 2>&1
  else echo 'neither curl nor bash is there to ask with'; rm -f "$f_body"; return 1; fi
  f_code=$?
  [ -z "$3" ] || if grep -Eq -e "$3" -- "$f_body"; then echo '(the body fits)'; else echo '(the body does not fit)'; fi
  rm -f "$f_body"
  return $f_code
}

check() { # id function words…: verdict and evidence, a line each
  v_id=$1; shift
  v_said=$("$@" 2>&1 </dev/null)
  v_code=$?
  printf '%s\\n' "$v_said" | tr -d '\\r' | cut -c 1-400 | head -n 400 | while IFS= read -r line; do printf '@e %s %s\\n' "$v_id" "$line"; done
  echo "@v $v_id $v_code"
}
`;
