import type { Catalogue } from "../../converge/catalogue.ts";
import type { Shell } from "../../transport/shell.ts";

interface WantedPackage {
  readonly name: string;
  readonly ensure?: string;
  readonly version?: string;
  readonly provider?: string;
}

/** What of a catalogue apt has to install, as apt-get(8) takes it; sorted. */
export function packagesOf({ items }: Pick<Catalogue, "items">): readonly string[] {
  const wanted = items.filter(({ type }) => type === "package").map(({ desired }) => desired as WantedPackage);
  return wanted
    .filter(({ ensure, provider }) => ensure !== "absent" && provider !== "dnf")
    .map(({ name, version }) => (version === undefined ? name : `${name}=${version}`))
    .sort();
}

/** `2026-11-21 05:09:12 install varnish:amd64 <none> 7.1.1-1.1`, a line for each that dpkg(1) unpacked. */
const ask = "cat /var/log/dpkg.log 2>/dev/null || :";

/** Every package that was ever unpacked on the host, in order. */
export async function unpacked(shell: Shell): Promise<readonly string[]> {
  const { stdout } = await shell.run({ script: ask });
  return stdout.split("\n").flatMap((line) => / install (\S+) /.exec(line)?.[1] ?? []);
}
