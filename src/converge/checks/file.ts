import { type Check, verdict } from "./check.ts";

export const fileCheck: Check<"file"> = {
  kind: "file",
  shell: `
check_file() { # path pattern
  if [ ! -e "$1" ]; then
    if [ -L "$1" ]; then echo 'link to nowhere'; else echo absent; fi
    return 0
  fi
  stat -Lc '%a %U %G %F' -- "$1" || return 1
  [ -z "$2" ] || if grep -Eq -e "$2" -- "$1"; then echo 'line found'; else echo 'no such line'; fi
}
`,
  ask: ({ path, contains = "" }) => ["check_file", path, contains],
  judge({ path, exists = true, mode, owner, group, contains }, { exitCode, lines: [found = "no answer", line] }) {
    const there = exitCode === 0 && found !== "absent" && found !== "link to nowhere";
    if (!there || !exists)
      return verdict(
        [`${path}: ${found}`],
        there === exists ? [] : [`expected it ${exists ? "to be there" : "to be absent"}`],
      );
    const [rawMode = "", foundOwner, foundGroup] = found.split(" ");
    const pairs: readonly (readonly [string, string | undefined, string | undefined])[] = [
      ["mode", mode, rawMode.padStart(4, "0")],
      ["owner", owner, foundOwner],
      ["group", group, foundGroup],
    ];
    const wrong = pairs
      .filter(([, wanted, seen]) => wanted !== undefined && wanted !== seen)
      .map(([property, wanted]) => `expected ${property} ${wanted}`);
    const missing = contains !== undefined && line !== "line found" ? [`no line of it fits /${contains}/`] : [];
    return verdict([`${path}: ${found}`], [...wrong, ...missing]);
  },
};
