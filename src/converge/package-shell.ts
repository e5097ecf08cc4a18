import { dnfShell } from "./dnf-shell.ts";

/** How a host is asked about packages. `known` and `offered` hold a line for each: one process, whatever their number. */
const readShell = `
package_provider() { # apt, dnf or -: what the host has
  provider=$1
  [ "$1" = - ] || return 0
  if command -v dpkg-query >/dev/null 2>&1; then provider=apt
  elif command -v rpm >/dev/null 2>&1; then provider=dnf
  else provider=none; fi
}
packages_known() { # names: NAME STATUS WANT VERSION
  locked=$nl offered=$nl
  case $provider in
    apt) known=$nl$(dpkg-query -W -f '\${Package} \${db:Status-Status} \${db:Status-Want} \${Version}\\n' -- "$@" 2>/dev/null)$nl ;;
    dnf) known=$nl$(rpm -q --qf '%{NAME} installed - %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\n' -- "$@" 2>/dev/null | grep ' installed - ')$nl ;;
    *) known=$nl ;;
  esac
}
packages_locked() { # dnf's locks: NAME-EPOCH:VERSION
  [ "$provider" = dnf ] && [ -r /etc/dnf/plugins/versionlock.list ] || return 0
  while IFS= read -r s_line; do
    case $s_line in '' | '#'* | '!'*) ;; *) locked=$locked$s_line$nl ;; esac
  done < /etc/dnf/plugins/versionlock.list
}
packages_offered() { # names: NAME VERSION
  case $provider in
    apt) offered=$nl$(apt-cache policy -- "$@" 2>/dev/null | sed -n -e 's/^\\([^ ].*\\):$/\\1/;t keep' -e 's/^  Candidate: //;t tell' -e d -e ':keep' -e 'h;d' -e ':tell' -e 'H;x;s/\\n/ /p')$nl ;;
    dnf) offered=$nl$(dnf -q repoquery --latest-limit 1 --qf '%{name} %{evr}' -- "$@" 2>/dev/null)$nl ;;
  esac
}
package_line() { # list name: the rest of its line in $s_rest
  line_after "$1" "$2 "
}
package_seen() { # id name present|absent|latest version hold
  s_status=not-installed s_want=- s_version=
  if package_line "$known" "$2"; then
    s_status=\${s_rest%% *} s_rest=\${s_rest#* } s_want=\${s_rest%% *} s_version=\${s_rest#* }
  fi
  case $3:$s_status in
    absent:not-installed | absent:config-files) return 0 ;;
    present:installed | latest:installed) ;;
    *) seen "$1" status "$s_status"; return 0 ;;
  esac
  case $s_version in $4) ;; *) seen "$1" version "$s_version" ;; esac
  if [ "$3" = latest ] && package_line "$offered" "$2" && [ "$s_rest" != "$s_version" ] && [ "$s_rest" != '(none)' ]; then
    seen "$1" version "$s_version"; seen "$1" offered "$s_rest"
  fi
  case $locked in *"$nl$2"-[0-9]*:*) s_want=hold ;; esac
  case $5:$s_want in
    yes:hold) ;;
    yes:*) seen "$1" hold no ;;
    no:hold) seen "$1" hold yes ;;
  esac
}
`;

/** apt's half of the apply travels always: its first task is to lift what an interrupted run left. */
export const packageShell = { read: readShell, apply: dnfShell };
