/** LVM's own reports, each read once in a program: a call takes an emulated processor half a second. */
export const lvmShell = `
lvm_report() { # command fields
  lvm_told=$("$1" --noheadings --nosuffix --units b --separator '|' -o "$2" 2>/dev/null | sed 's/^ *//') || lvm_told=
}
`;
