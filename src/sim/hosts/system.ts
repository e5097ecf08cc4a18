import { readFileSync } from "node:fs";
import type { Shell } from "../../transport/shell.ts";
import { fail } from "./errors.ts";
import type { HostArchive, HostSystem } from "./host.ts";

const origins = { debian: "Debian", ubuntu: "Ubuntu" } as const;

/**
 * What test hosts run on this machine: its own release, from the archives that its own apt uses.
 * @throws `hosts-unsupported-system`, `hosts-no-archive`
 */
export async function ownSystem(shell: Shell, read: (path: string) => string = readText): Promise<HostSystem> {
  const os = parseOsRelease(read("/etc/os-release"));
  const { ID: family = "unknown", VERSION_CODENAME: codename = "" } = os;
  if ((family !== "debian" && family !== "ubuntu") || !codename)
    throw fail("hosts-unsupported-system", { system: os.PRETTY_NAME ?? family });
  const of = { family, codename, read } as const;
  const known = await archivesOf(shell, of);
  // Without lists apt doesn't know whose archives these are.
  if (known.length === 0) await shell.run({ argv: ["apt-get", "-q", "update"] }, { timeoutMs: updateMs });
  const archives = known.length > 0 ? known : await archivesOf(shell, of);
  if (archives.length === 0) throw fail("hosts-no-archive", { system: os.PRETTY_NAME ?? family, codename });
  return { family, codename, archives };
}

const updateMs = 300_000;

async function archivesOf(shell: Shell, of: Of): Promise<readonly HostArchive[]> {
  const format = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)";
  const { stdout } = await shell.run({ argv: ["apt-get", "indextargets", "--format", format] });
  return parseArchives(stdout, of);
}

const readText = (path: string) => readFileSync(path, "utf8");

/** os-release(5) */
function parseOsRelease(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, key, value] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line) ?? [];
      return key ? [[key, value]] : [];
    }),
  );
}

interface Of {
  readonly family: "debian" | "ubuntu";
  readonly codename: string;
  read(path: string): string;
}

/** Lines of `origin|address|suite|component`; only the distribution's own release, its updates and its security. */
export function parseArchives(text: string, { family, codename, read }: Of): HostArchive[] {
  const wanted = [codename, `${codename}-updates`, `${codename}-security`];
  const found = new Map<string, { upstream: string; suite: string; components: Set<string> }>();
  for (const line of text.split("\n")) {
    const [origin, address = "", suite = "", component = ""] = line.split("|");
    const upstream = origin === origins[family] && wanted.includes(suite) ? resolveMirror(address, read) : undefined;
    if (!upstream) continue;
    const key = `${upstream} ${suite}`;
    const known = found.get(key) ?? { upstream, suite, components: new Set() };
    known.components.add(component);
    found.set(key, known);
  }
  return named([...found.values()].map((one) => ({ ...one, components: [...one.components] })));
}

/** GitHub's runners name their mirrors in a file: apt-transport-mirror(1), first line first. */
function resolveMirror(address: string, read: (path: string) => string): string | undefined {
  const list = /^mirror\+file:(.+?)\/?$/.exec(address)?.[1];
  const url = list === undefined ? address : read(list).split("\n")[0]?.split(/\s/)[0];
  return url && /^https?:/.test(url) ? url.replace(/\/+$/, "") : undefined;
}

/** By the last part of the address; another address with the same last part gets a number. */
function named(archives: readonly Omit<HostArchive, "name">[]): HostArchive[] {
  const upstreams = [...new Set(archives.map(({ upstream }) => upstream))];
  const names = new Map<string, string>();
  for (const upstream of upstreams) {
    const last = upstream.split("/").at(-1) as string;
    const taken = new Set(names.values());
    const free = [last, ...Array.from({ length: upstreams.length }, (_, index) => `${last}-${index + 2}`)];
    names.set(upstream, free.find((name) => !taken.has(name)) as string);
  }
  return archives.map((one) => ({ name: names.get(one.upstream) as string, ...one }));
}
