import { treeShell } from "./tree-shell.ts";

/**
 * Git runs as the tree's owner: a repository's own hooks and settings must never run as root. HEAD is kept detached, so
 * that the commit stands in one small file and a check of it starts no process.
 */
export const gitReadShell = `
GIT_TERMINAL_PROMPT=0; export GIT_TERMINAL_PROMPT
git_do() { # owner identity arguments
  v_owner=$1
  GIT_SSH_COMMAND='ssh -o BatchMode=yes'
  [ -z "$2" ] || GIT_SSH_COMMAND="ssh -o BatchMode=yes -o IdentitiesOnly=yes -i '$2'"
  export GIT_SSH_COMMAND
  shift 2
  as_user "$v_owner" git -c safe.directory='*' -c core.hooksPath=/dev/null -c advice.detachedHead=false -c init.defaultBranch=main "$@"
}
git_pack() { # repository: what serves it, in $v_pack; one on this host may belong to another account, since it is asked for by name
  v_pack=git-upload-pack
  case $1 in /* | file://*) v_pack="git -c 'safe.directory=*' upload-pack" ;; esac
}
git_head() { # path owner: the commit that is checked out, in $v_head
  v_head=none
  IFS= read -r v_head < "$1/.git/HEAD" 2>/dev/null || :
  case $v_head in
    *[!0-9a-f]* | '') v_head=$(cd / && git_do "$2" '' -C "$1" rev-parse -q --verify HEAD 2>/dev/null) || v_head=none ;;
  esac
}
git_wanted() { # repository ref owner identity: what a branch or tag stands for there, in $v_want; fails if nobody answers
  v_want=
  git_pack "$1"
  v_told=$(cd / && git_do "$3" "$4" -c http.lowSpeedLimit=1 -c http.lowSpeedTime=20 ls-remote -q --upload-pack="$v_pack" -- "$1" "refs/heads/$2" "refs/tags/$2" "refs/tags/$2^{}" 2>/dev/null) || return 1
  for v_kind in "refs/heads/$2" "refs/tags/$2^{}" "refs/tags/$2"; do
    while read -r v_commit v_ref; do [ "$v_ref" != "$v_kind" ] || { v_want=$v_commit; return 0; }; done <<EOT
$v_told
EOT
  done
}
git_url() { # path: of its origin, in $v_url
  v_url=
  while read -r v_key v_is v_value; do
    case $v_key in '[remote') v_in=$v_is ;; '['*) v_in= ;; url) [ "$v_in" != '"origin"]' ] || v_url=$v_value ;; esac
  done < "$1/.git/config"
  unset v_in
}
git_seen() { # id path present|absent repository ref commit|name owner identity discard|keep
  if [ "$3" = absent ]; then gone_seen "$1" "$2"; return 0; fi
  if [ ! -d "$2/.git" ]; then
    if [ -e "$2" ] && [ -n "$(ls -A "$2")" ]; then seen "$1" foreign yes; else seen "$1" absent yes; fi
    return 0
  fi
  git_url "$2"
  if [ "$v_url" != "$4" ]; then
    case $v_url in *://*@*) v_url="\${v_url%%://*}://\${v_url#*@}" ;; esac
    seen "$1" repository "$(printf '%s' "$v_url" | tr -c ' -~' '?')"
  fi
  [ ! -e "$2/.git/provision-busy" ] || seen "$1" interrupted yes
  git_head "$2" "$7"
  v_want=$5
  if [ "$6" = name ] && ! git_wanted "$4" "$5" "$7" "$8"; then seen "$1" unanswered "$v_head"
  elif [ "$v_head" != "$v_want" ]; then seen "$1" head "$v_head"; seen "$1" want "\${v_want:-none}"; fi
  [ "$9" = keep ] || [ -z "$(cd / && git_do "$7" '' -C "$2" status --porcelain -uno 2>/dev/null)" ] || seen "$1" modified yes
}
`;

export const gitApplyShell = `${treeShell}
git_in() { git_do "$v_user" "$v_identity" -C "$v_tree" "$@"; }
git_fetch() { # ref commit|name depth: the commit that it stands for, in $v_commit
  if [ "$3" != 0 ]; then
    git_in fetch -q --upload-pack="$v_pack" --force --depth "$3" origin "$1" || return 1
    v_commit=$(git_in rev-parse -q --verify 'FETCH_HEAD^{commit}')
    return
  fi
  if [ "$2" = commit ] && git_in cat-file -e "$1^{commit}" 2>/dev/null; then v_commit=$1; return 0; fi
  git_in fetch -q --upload-pack="$v_pack" --force --prune origin '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' || return 1
  if [ "$2" = commit ]; then
    if v_commit=$(git_in rev-parse -q --verify "$1^{commit}"); then return 0; fi
    git_in fetch -q --upload-pack="$v_pack" origin "$1" || return 1
    v_commit=$1
  elif v_commit=$(git_in rev-parse -q --verify "refs/remotes/origin/$1^{commit}"); then return 0
  elif v_commit=$(git_in rev-parse -q --verify "refs/tags/$1^{commit}"); then return 0
  else echo "the repository has neither a branch nor a tag $1"; return 1; fi
}
git_clone() { # path repository ref commit|name owner group depth: made beside, so that half a clone never has the name
  v_tree=\${1%/*}/.\${1##*/}.provision-clone
  rm -rf "$v_tree"
  make_directory "$v_tree" 0755 "$5" "$6"
  git_in init -q
  git_in remote add origin "$2"
  git_fetch "$3" "$4" "$7" || { rm -rf "$v_tree"; return 1; }
  git_in checkout -q --detach "$v_commit"
  sync
  if [ -d "$1" ]; then rmdir "$1"; fi
  mv -T "$v_tree" "$1"
}
git_put() { # path repository ref commit|name owner group depth discard|keep identity
  cd /
  v_user=$5 v_identity=$9 v_tree=$1
  git_pack "$2"
  if [ ! -d "$1/.git" ]; then
    if [ -e "$1" ] && ! is_empty "$1"; then echo "$1 is there and no clone: it is left alone"; return 1; fi
    git_clone "$1" "$2" "$3" "$4" "$5" "$6" "$7"
    return 0
  fi
  if [ -e "$1/.git/provision-busy" ]; then as_user "$5" rm -f "$1/.git/index.lock" "$1/.git/shallow.lock" "$1/.git/HEAD.lock"; fi
  as_user "$5" touch "$1/.git/provision-busy"
  git_in remote set-url origin "$2" 2>/dev/null || git_in remote add origin "$2"
  git_fetch "$3" "$4" "$7"
  if [ "$8" = discard ]; then git_in checkout -q --force --detach "$v_commit"
  else git_in checkout -q --detach "$v_commit"; fi
  as_user "$5" rm -f "$1/.git/provision-busy"
}
git_away() { # path owner discard|keep
  cd /
  v_user=$2 v_identity= v_tree=$1
  if [ "$3" = keep ]; then
    [ -d "$1/.git" ] || { echo "$1 is no clone: it is left alone"; return 1; }
    v_left=$(git_in status --porcelain)
    if [ -n "$v_left" ]; then echo "$1 holds what is in no commit (discardChanges: true would throw it away):"; echo "$v_left"; return 1; fi
  fi
  remove_tree "$1"
}
`;
