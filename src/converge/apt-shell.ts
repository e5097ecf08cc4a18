/**
 * One transaction of apt for many package resources. While it runs, policy-rc.d forbids to start services: what a
 * service runs with is the service resource's business. Unknown packages fail alone; the others are installed.
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
  [ -n "$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$l_mark" 2>/dev/null | head -n 1)" ] ||
  [ -n "$(find "$l_mark" -maxdepth 0 -mmin +1440)" ]
}
update_lists() { apt update -o APT::Update::Error-Mode=any 3>&- 9>&- || return 1; : > "$state/apt-updated"; }
is_known() { apt-cache policy -- "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'; }

mend_dpkg() { # what an interrupted installation left
  if [ -n "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ] || [ -n "$(dpkg --audit 2>/dev/null)" ]; then
    DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a || :
  fi
}

transact() { # names to install in $w_install, to remove in $w_remove; tells unknown ones in $work/unknown
  set -e
  forbid_starts
  mend_dpkg
  if [ -n "$w_install" ] && lists_stale; then update_lists; fi
  w_known= w_updated=
  for w_name in $w_install; do
    if ! is_known "$w_name" && [ -z "$w_updated" ]; then update_lists; w_updated=yes; fi
    if is_known "$w_name"; then w_known="$w_known $w_name"; else echo "$w_name" >> "$work/unknown"; fi
  done
  for w_name in $w_remove; do w_known="$w_known $w_name-"; done
  [ -n "$w_known" ] || return 0
  apt install --no-install-recommends -o APT::Status-Fd=8 -- $w_known 8>&3 3>&- 9>&- || {
    # Archives move on: lists of yesterday name files that are gone.
    grep -q '404  *Not Found' "$log" && update_lists && apt install --no-install-recommends -o APT::Status-Fd=8 -- $w_known 8>&3 3>&- 9>&-
  }
}

wave() { # id:action:name…; $needs_ID holds what each stands on
  w_install= w_remove= w_ids=
  for w_member in "$@"; do
    w_id=\${w_member%%:*} w_rest=\${w_member#*:}
    eval "w_needs=\\$needs_$w_id"
    if is_broken $w_needs; then broken="$broken$w_id "; say "@step $w_id skipped $cause"; continue; fi
    w_ids="$w_ids $w_member"
    case $w_rest in install:*) w_install="$w_install \${w_rest#*:}" ;; *) w_remove="$w_remove \${w_rest#*:}" ;; esac
    say "@step $w_id start"
  done
  [ -n "$w_ids" ] || return 0
  now; t_start=$n_ms
  rm -f "$work/code" "$work/unknown"
  ( transact ) 3>&1 >"$log" 2>&1 </dev/null
  rc=$?
  restore_policy
  now
  if [ $rc != 0 ] && grep -qi 'could not get lock\\|is another process using it' "$log"; then because apt-lock-held; fi
  for w_member in $w_ids; do
    w_id=\${w_member%%:*} w_name=\${w_member##*:}
    if grep -qxF -- "$w_name" "$work/unknown" 2>/dev/null; then
      broken="$broken$w_id "
      apt-cache policy -- "$w_name" 2>&1 | head -n 5 | while IFS= read -r line; do printf '@out %s %s\\n' "$w_id" "$line"; done
      printf '@out %s E: Unable to locate package %s\\n' "$w_id" "$w_name"
      say "@step $w_id failed $((n_ms - t_start)) package-unknown"
    else conclude "$w_id" "$rc" $((n_ms - t_start)); fi
  done
}
`;
