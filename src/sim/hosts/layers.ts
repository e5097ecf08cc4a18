import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../clock.ts";
import type { Shell } from "../../transport/shell.ts";
import { groupFolder, makeGroup, removeGroup } from "./cgroup.ts";
import type { ContainerLab } from "./containers.ts";
import type { HostSystem } from "./host.ts";
import { giveIdentity } from "./identity.ts";
import { must } from "./must.ts";
import { nspawnArguments } from "./nspawn.ts";
import { mountOverlay, unmount } from "./overlay.ts";
import type { RootTree } from "./root-tree.ts";

export interface LayerKey {
  readonly cacheDir: string;
  readonly tree: RootTree;
  readonly system: HostSystem;
  /** As apt-get(8) takes them: `varnish`, `varnish=7.1.1-1`. */
  readonly packages: readonly string[];
}

/** Where the layer with these packages over this tree lies, whether it is there or not. */
function placeOf({ cacheDir, tree, system, packages }: LayerKey): string {
  const recipe = JSON.stringify([tree.digest, system.archives, [...packages].sort(), clean]);
  const name = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  return join(cacheDir, "containers/layers", name);
}

/** The folder to lay over the tree, if it was made before. */
export function findLayer(key: LayerKey): string | undefined {
  const folder = join(placeOf(key), "tree");
  return existsSync(folder) ? folder : undefined;
}

/** Of a role that wants the host's facts, what it installs is known only from the last time. */
export function rememberPackages(cacheDir: string, key: readonly string[], packages: readonly string[]): void {
  const file = memoryOf(cacheDir, key);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(packages));
}

export function rememberedPackages(cacheDir: string, key: readonly string[]): readonly string[] | undefined {
  const file = memoryOf(cacheDir, key);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly string[]) : undefined;
}

const memoryOf = (cacheDir: string, key: readonly string[]) =>
  join(cacheDir, "containers/remembered", createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 16));

/** No service starts, as in an apply: what runs is the business of the role, and a layer has no state of anything that ran. */
const install = `set -e
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 0755 /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends -- "$@"
rm /usr/sbin/policy-rc.d`;

/**
 * What mustn't be shared by the hosts that start with it: who they are, who is in which cluster, what ran, and apt's lists
 * and logs. Taken out of the layer itself, so that what the tree has shows through.
 */
const clean = [
  ...[
    "etc/machine-id",
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
  ],
  ...["etc/ssh/ssh_host_*", "root", "run", "tmp", "var/tmp", "usr/sbin/policy-rc.d", "var/lib/dbus/machine-id"],
  ...["var/lib/provision-node", "var/lib/systemd/random-seed", "var/lib/glusterd/glusterd.info"],
  ...["var/lib/mysql/grastate.dat", "var/lib/mysql/gvwstate.dat", "var/lib/mysql/auto.cnf", "etc/mysql/debian.cnf"],
  ...["var/lib/apt/lists", "var/cache/apt", "var/log/apt", "var/log/dpkg.log", "var/log/alternatives.log"],
];

export interface LayerRequest {
  readonly lab: ContainerLab;
  readonly cacheDir: string;
  readonly packages: readonly string[];
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Installs just these packages over the lab's tree and keeps what came of it, for the next lab. In the lab's network,
 * beside its hosts.
 * @throws `hosts-command-failed` when apt can't, for instance because a package comes from an archive of the role's own
 */
export async function makeLayer({ lab, cacheDir, packages, clock, signal }: LayerRequest): Promise<void> {
  const { tree, system, shell } = lab;
  const place = placeOf({ cacheDir, tree, system, packages });
  if (existsSync(place)) return;
  const folder = join(lab.place.folder, "layer");
  const group = join(groupFolder(lab.name), "layer");
  makeGroup(group);
  const { root, upper } = await mountOverlay(folder, [tree.folder], shell);
  try {
    const { key, hosts } = lab;
    giveIdentity(root, {
      ...{ name: "layer", neighbours: hosts.map(({ name }) => name), archives: system.archives },
      operatorKey: key.publicKey,
    });
    const inside = ["--as-pid2", "--pipe", "--", "sh", "-c", install, "sh", ...packages];
    const argv = nspawnArguments({ name: "layer", root, namespace: lab.name }, inside);
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@" </dev/null';
    const run = { argv: ["sh", "-c", enter, group, ...argv] };
    await must(shell, `a layer with ${packages.join(" ")}`, run, signal ? { signal } : {});
  } finally {
    await removeGroup(group, clock);
    await unmount(root, shell);
  }
  await publish({ upper, place, packages, shell });
  rmSync(folder, { recursive: true, force: true });
}

interface Publishing {
  readonly upper: string;
  readonly place: string;
  readonly packages: readonly string[];
  readonly shell: Shell;
}

/** Whole or not at all, and only once all of it is on disk. */
async function publish({ upper, place, packages, shell }: Publishing): Promise<void> {
  const draft = `${place}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const script = `set -e; cd "$1"; rm -rf ${clean.join(" ")}; cd /; mv "$1" "$2/tree"; sync -f "$2"`;
  await must(shell, "keeping a layer", { argv: ["sh", "-c", script, "sh", upper, draft] });
  writeFileSync(join(draft, "packages"), packages.map((name) => `${name}\n`).join(""));
  if (existsSync(place)) rmSync(draft, { recursive: true, force: true });
  else renameSync(draft, place);
}
