/**
 * One transaction of apt for many package resources. While it runs, policy-rc.d forbids to start services: what a
 * service runs with is the service resource's business. A package that no archive has, that somebody holds or that would
 * go back to an older version fails alone; the others are installed.
 */
export const aptShell = `
policy=/usr/sbin/policy-rc.d
forbid_starts() {
  [ -e "$policy.provision-kept" ] || [ ! -e "$policy" ] || mv "$policy" "$policy.provision-kept"
  printf '#!/bin/sh\\n# provision: no service starts while packages are installed\\nexit 101\\n' > "$policy"
  chmod 0755 "$policy"
}
restore_policy() {
  if grep -q '^# provision:' "$policy" 2>/dev/null; then rm -f "$policy"; fi
  [ ! -e "$policy.provision-kept" ] || mv "$policy.provision-kept" "$policy"
}

apt() {
  DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=l \\
  apt-get -q -y -o DPkg::Lock::Timeout="\${PROVISION_APT_LOCK_SECONDS:-60}" -o Acquire::Retries=2 -o Dpkg::Use-Pty=0 \\
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

lists_stale() {
  set -- /var/lib/apt/lists/*_Packages*
  [ -e "$1" ] || return 0
  l_mark=$state/apt-updated
  [ -e "$l_mark" ] || l_mark=/var/lib/apt/lists
  [ -n "$(find /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings -newer "$l_mark" 2>/dev/null | head -n 1)" ] ||
  [ -n "$(find "$l_mark" -maxdepth 0 -mmin +1440)" ]
}
update_lists() { apt update -o APT::Update::Error-Mode=any 3>&- 9>&- || return 1; : > "$state/apt-updated"; }

mend_dpkg() { # what an interrupted installation left
  if [ -n "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ] || [ -n "$(dpkg --audit 2>/dev/null)" ]; then
    DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a || :
  fi
}

member_next() { IFS=' ' read -r m_id m_action m_name m_version m_hold m_downgrade; }
refuse() { # code words: this member fails alone
  echo "$m_id $*" >> "$work/refused"
  m_hold=-
}

apt_offer() { # name version: the newest offered version that fits, in $a_version
  if [ "$2" = '*' ]; then
    a_version=$(apt-cache policy -- "$1" 2>/dev/null | sed -n 's/^  Candidate: \\([^(].*\\)/\\1/p')
  else
    # Lists are in falling order of versions.
    a_version=$(apt-cache madison -- "$1" 2>/dev/null | while read -r a_name a_bar a_found a_rest; do
      case $a_rest in *Sources) continue ;; esac
      case $a_found in $2) echo "$a_found"; break ;; esac
    done)
  fi
  [ -n "$a_version" ]
}

apt_member() { # decides on one member: adds to $a_words, or refuses it alone
  case $a_holds$m_hold in *"$nl$m_name$nl"*-) refuse package-held "$m_name is on hold"; return 0 ;; *"$nl$m_name$nl"*) a_held=--allow-change-held-packages ;; esac
  if [ "$m_action" = remove ]; then a_words="$a_words $m_name-"; return 0; fi
  if ! apt_offer "$m_name" "$m_version"; then
    [ -n "$a_updated" ] || update_lists </dev/null
    a_updated=yes
    apt_offer "$m_name" "$m_version" || { refuse package-unknown "no archive has $m_name $m_version"; return 0; }
  fi
  a_had=$(dpkg-query -W -f '\${Version}' -- "$m_name" 2>/dev/null) || a_had=
  if [ -n "$a_had" ] && dpkg --compare-versions "$a_version" lt "$a_had"; then
    if [ "$m_version" = '*' ]; then return 0; fi
    if [ "$m_downgrade" != yes ]; then refuse package-downgrade "$m_name is installed as $a_had, newer than $a_version"; return 0; fi
    a_down=--allow-downgrades
  fi
  case $m_version in '*') a_words="$a_words $m_name" ;; *) a_words="$a_words $m_name=$a_version" ;; esac
}

apt_install() { apt install --no-install-recommends $a_held $a_down -o APT::Status-Fd=8 -- $a_words 8>&3 3>&- 9>&-; }

apt_transact() { # members on the lines of $work/apt
  set -e
  forbid_starts
  mend_dpkg
  a_words= a_held= a_down= a_updated= a_hold= a_unhold=
  a_holds=$nl$(apt-mark showhold)$nl
  if grep -q '^[0-9]* install ' "$work/apt" && lists_stale; then update_lists; fi
  while member_next; do
    case $m_action in keep) ;; *) apt_member ;; esac
    case $m_hold in yes) a_hold="$a_hold $m_name" ;; no) a_unhold="$a_unhold $m_name" ;; esac
  done < "$work/apt"
  # Archives move on: lists of yesterday name files that are gone.
  [ -z "$a_words" ] || apt_install || { grep -q '404  *Not Found' "$log" && update_lists && apt_install; } || return 1
  [ -z "$a_unhold" ] || apt-mark unhold -- $a_unhold
  [ -z "$a_hold" ] || apt-mark hold -- $a_hold
}

wave() { # "id action provider name version hold downgrade"…; $needs_ID holds what each stands on
  w_ids=
  rm -f "$work/code" "$work/refused" "$work/apt" "$work/dnf" "$work/none"
  for w_member in "$@"; do
    w_id=\${w_member%% *}
    eval "w_needs=\\$needs_$w_id"
    if is_broken $w_needs; then broken="$broken$w_id "; say "@step $w_id skipped $cause"; continue; fi
    w_ids="$w_ids $w_id"
    w_rest=\${w_member#* } w_action=\${w_rest%% *}
    w_rest=\${w_rest#* }
    package_provider "\${w_rest%% *}"
    echo "$w_id $w_action \${w_rest#* }" >> "$work/$provider"
    say "@step $w_id start"
    if command -v "commit_$w_id" >/dev/null; then "commit_$w_id"; fi
  done
  : > "$log"
  for w_provider in apt dnf none; do
    if [ -e "$work/$w_provider" ]; then transaction "$w_provider"; fi
  done
}

transaction() { # provider
  now; t_start=$n_ms
  ( "\${1}_transact" ) 3>&1 >"$log" 2>&1 </dev/null
  rc=$?
  restore_policy
  now
  if [ $rc != 0 ] && grep -qi 'could not get lock\\|is another process using it\\|obtain the transaction lock' "$log"; then because apt-lock-held; fi
  while member_next; do
    t_refused=$(sed -n "s/^$m_id //p" "$work/refused" 2>/dev/null)
    if [ -z "$t_refused" ]; then conclude "$m_id" "$rc" $((n_ms - t_start)); continue; fi
    broken="$broken$m_id "
    [ "$1" = apt ] && apt-cache policy -- "$m_name" 2>&1 | head -n 5 | while IFS= read -r line; do printf '@out %s %s\\n' "$m_id" "$line"; done
    say "@out $m_id \${t_refused#* }"
    say "@step $m_id failed $((n_ms - t_start)) \${t_refused%% *}"
  done < "$work/$1"
}
none_transact() { echo "this host has neither dpkg nor rpm"; return 1; }
`;
