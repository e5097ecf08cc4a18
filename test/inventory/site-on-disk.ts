import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { ExecutionContext } from "ava";
import { formatPlace } from "../../src/errors.ts";
import { type LoadOptions, type LoadResult, loadInventory } from "../../src/inventory/load.ts";

export type Files = Readonly<Record<string, string>>;

const node = (number: number) => `interfaces:
  - mac: 52:54:00:00:00:0${number}
    network: rack
    address: 192.0.2.1${number}
bmc:
  driver: ipmi
  address: 198.51.100.1${number}
  user: admin
  password: canary-${number}
firmware: uefi
disks:
  - serial: N${number}-A
  - serial: N${number}-B
profile: plain
`;

/** A good site of two nodes. */
export const good: Files = {
  "site.yaml": `name: test
networks:
  rack:
    subnet: 192.0.2.0/24
    interface: eth0
    controller: 192.0.2.1
    gateway: 192.0.2.254
    pool: { first: 192.0.2.200, last: 192.0.2.210 }
`,
  "profiles/plain.yaml": `os: { family: debian, release: "12" }
repositories:
  - { name: debian, suite: bookworm, components: [main] }
`,
  "nodes/n1.yaml": node(1),
  "nodes/n2.yaml": node(2),
};

/** Writes the good site with some files changed, and loads it. */
export function load(
  t: ExecutionContext,
  changes: Files = {},
  options: LoadOptions = {},
): LoadResult & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "inventory-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ ...good, ...changes })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { ...loadInventory(folder, options), folder };
}

/** Every problem as one line: `nodes/n1.yaml:3:5 code: sentence | hint`. */
export function tell(result: LoadResult & { folder: string }): string[] {
  if (result.kind === "loaded") return [];
  return result.problems.map(({ place, code, message, hint }) => {
    const where = place ? formatPlace({ ...place, file: relative(result.folder, place.file) }) : "?";
    return `${where} ${code}: ${message.replaceAll(`${result.folder}/`, "")} | ${hint}`;
  });
}

/** A good file with one of its lines (or more) put otherwise. Fails if there is nothing to replace. */
export function changed(name: string, from: string, to: string): Files {
  const text = good[name] as string;
  if (!text.includes(from)) throw new Error(`${name} holds no ${from}`);
  return { [name]: text.replace(from, to) };
}
