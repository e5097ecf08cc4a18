import type { Fact } from "./fact.ts";

/** Installed packages: version by name. A name that is there in several architectures or versions has the last one. */
export type Packages = Readonly<Record<string, string>>;

const script = `if command -v dpkg-query >/dev/null 2>&1; then
  dpkg-query -W -f '\${db:Status-Abbrev}\${Package} \${Version}\\n' | sed -n 's/^.i. *//p'
elif command -v rpm >/dev/null 2>&1; then rpm -qa --qf '%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n'
elif command -v apk >/dev/null 2>&1; then apk info -v | sed 's/-\\([0-9][^-]*-r[0-9]*\\)$/ \\1/'
fi`;

export const packages: Fact<Packages> = {
  name: "packages",
  cheap: false,
  script,
  parse: (lines) =>
    Object.fromEntries(
      lines
        .map((line) => line.split(" "))
        .filter(([name, version]) => name && version)
        .sort(([one = ""], [other = ""]) => (one < other ? -1 : 1)),
    ) as Packages,
};
