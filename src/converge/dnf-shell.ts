/**
 * One transaction of dnf for many package resources, as `apt-shell.ts` has it for apt. dnf(8): exit code 200 is a lock
 * that somebody holds; a shell script of dnf's own holds installs and removals of one transaction.
 */
export const dnfShell = `
dnf_run() { # waits for the lock as long as apt does
  d_left=\${PROVISION_APT_LOCK_SECONDS:-60}
  while :; do
    d_rc=0
    dnf -y --setopt=install_weak_deps=False --setopt=exit_on_lock=True "$@" </dev/null 3>&- 9>&- || d_rc=$?
    if [ "$d_rc" != 200 ] || [ "$d_left" -le 0 ]; then return "$d_rc"; fi
    d_left=$((d_left - 2)); sleep 2
  done
}

dnf_older() { # is version $1 older than $2? (rpmvercmp; an epoch decides first)
  d_one=$1 d_other=$2
  case $1 in *:*) ;; *) d_one=0:$1 ;; esac
  case $2 in *:*) ;; *) d_other=0:$2 ;; esac
  if [ "\${d_one%%:*}" != "\${d_other%%:*}" ]; then [ "\${d_one%%:*}" -lt "\${d_other%%:*}" ]; return; fi
  [ "$(rpm --eval "%{lua:print(rpm.vercmp('\${d_one#*:}', '\${d_other#*:}'))}")" = -1 ]
}

dnf_done() { # dnf's shell ends with 0 even when its transaction was refused: is all of the script so?
  while IFS=' ' read -r d_verb d_what; do
    case $d_verb in
      install | upgrade | downgrade) rpm -q -- "$d_what" >/dev/null || { echo "$d_what isn't installed"; return 1; } ;;
      remove) ! rpm -q -- "$d_what" >/dev/null || { echo "$d_what is still installed"; return 1; } ;;
    esac
  done < "$work/script"
}

dnf_transact() { # members on the lines of $work/dnf
  set -e
  package_provider dnf
  set --
  while member_next; do
    case $m_action:$m_version in install:'*') set -- "$@" "$m_name" ;; install:*) set -- "$@" "$m_name-$m_version" ;; esac
  done < "$work/dnf"
  d_offered=$nl
  if [ $# -gt 0 ]; then
    d_offered=$nl$(dnf -q repoquery --latest-limit 1 --qf '%{name} %{evr}' -- "$@" </dev/null 3>&- 9>&-)$nl
  fi
  : > "$work/script"
  d_lock= d_unlock=
  while member_next; do
    case $m_action in
      remove) echo "remove $m_name" >> "$work/script" ;;
      install)
        if ! package_line "$d_offered" "$m_name"; then refuse package-unknown "no repository has $m_name $m_version"; continue; fi
        d_had=$(rpm -q --qf '%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}' -- "$m_name") || d_had=
        if [ -n "$d_had" ] && dnf_older "$s_rest" "$d_had"; then
          if [ "$m_downgrade" != yes ]; then refuse package-downgrade "$m_name is installed as $d_had, newer than $s_rest"; continue; fi
          echo "downgrade $m_name-$s_rest" >> "$work/script"
        elif [ -n "$d_had" ]; then echo "upgrade $m_name-$s_rest" >> "$work/script"
        else echo "install $m_name-$s_rest" >> "$work/script"
        fi ;;
    esac
    case $m_hold in yes) d_lock="$d_lock $m_name" ;; no) d_unlock="$d_unlock $m_name" ;; esac
    # A lock of our own would hide the version that is wanted now.
    if [ "$m_action" = install ] && [ "$m_hold" = yes ]; then dnf -q versionlock delete -- "$m_name" </dev/null 3>&- 9>&- || :; fi
  done < "$work/dnf"
  if [ -s "$work/script" ]; then
    echo run >> "$work/script"
    dnf_run shell "$work/script"
    dnf_done
  fi
  [ -z "$d_unlock" ] || dnf_run versionlock delete -- $d_unlock
  [ -z "$d_lock" ] || dnf_run versionlock add -- $d_lock
}
`;
