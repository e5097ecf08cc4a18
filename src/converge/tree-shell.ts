/** Making and removing directories, for the types that may. */
export const treeShell = `
make_directory() { # path mode owner group; what is missing above it is root's, with 0755
  if [ ! -d "$1" ]; then
    mkdir -p "\${1%/*}/"
    mkdir -m 0700 "$1"
  fi
  chown "$3:$4" "$1"
  chmod "$2" "$1"
}
remove_tree() { # path: with all that is in it, unless something else is mounted there
  while read -r t_device t_mount t_rest; do
    case $t_mount in "$1" | "$1"/*) echo "$t_device is mounted on $t_mount"; return 1 ;; esac
  done < /proc/mounts
  rm -rf -- "$1"
}
is_empty() { [ -d "$1" ] && [ ! -L "$1" ] && [ -z "$(ls -A "$1")" ]; }
`;
