import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createLocalController } from "../../../src/app/local.ts";
import { testImage } from "../../../src/app/test-image.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import type { LifecycleTables } from "../../../src/lifecycle/tables.ts";
import { silentLog } from "../../../src/log.ts";
import type { MachineDisk } from "../../../src/sim/hosts/machine-disks.ts";
import { startMachines } from "../../../src/sim/hosts/machines.ts";
import { createLocalShell } from "../../../src/transport/local.ts";
import { type Ended, root, run } from "../../cli/process.ts";
import { folders } from "../../roles/container.ts";
import { type Bed, bedOf } from "./bed.ts";
import { dataFolder } from "./layout.ts";

export const node = "web01";
const controllerAddress = "192.0.2.2";
const hookPort = 8099;
const dumps = "/var/backups/web01";

/** A site whose only node is the machine, and counts as installed; its commands run as processes, with its own records. */
export interface Site {
  readonly bed: Bed;
  /** What the site's webhook has heard. */
  readonly heard: readonly Record<string, unknown>[];
  provision(...argv: readonly string[]): Promise<Ended>;
  /** The same without waiting for its end. */
  start(...argv: readonly string[]): Started;
  /** Who is in which bay, from the first on, as an operator would write it down. */
  writeBays(serials: readonly string[]): void;
  stop(): Promise<void>;
}

/** A command under way; its lines on standard output as they come, until it ends. */
export interface Started {
  readonly lines: AsyncIterable<string>;
  /** Kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
  readonly ended: Promise<Ended>;
}

export interface SiteOptions {
  readonly disks: readonly MachineDisk[];
  /** Makes the arrays. */
  readonly layout: string;
  say(line: string): void;
}

export async function openSite({ disks, layout, say }: SiteOptions): Promise<Site> {
  const built = await testImage({ shell: createLocalShell({ clock }), ...folders, clock, log: silentLog, say });
  const lab = await startMachines({ ...built, ...folders, clock, hosts: [{ name: node, disks }] });
  const folder = mkdtempSync(join(tmpdir(), "raid-cli-"));
  const [host] = lab.hosts;
  if (!host) throw new Error("a lab without a host");
  const place: Place = { folder, lab: lab.name, address: host.address };
  const hook = startHook(lab.name);
  const stop = async () => {
    hook.child.kill();
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const bed = bedOf(host);
    await bed.ask(`${layout}\nmkdir -p ${dumps}; tar czf ${dumps}/etc-$(date +%F).tgz -C / etc`);
    execFileSync("ip", ["-n", lab.name, "addr", "add", `${controllerAddress}/24`, "dev", "br0"]);
    const writeBays = (serials: readonly string[]) => writeNode(place, serials);
    writeSite(place);
    writeBays(disks.map(({ serial }) => serial));
    await pretendInstalled(place, bed);
    const own = (argv: readonly string[]) => ["--inventory", inventoryOf(place), ...argv];
    return {
      ...{ bed, heard: hook.heard, writeBays, stop },
      provision: (...argv) => run(own(argv), { environment: environmentOf(place) }),
      start: (...argv) => startProcess(own(argv), environmentOf(place)),
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

interface Place {
  readonly folder: string;
  readonly lab: string;
  readonly address: string;
}

const inventoryOf = ({ folder }: Place) => join(folder, "inventory");

const environmentOf = ({ folder }: Place) => ({
  PROVISION_STATE_DIR: join(folder, "state"),
  PROVISION_CACHE_DIR: join(folder, "cache"),
  PROVISION_RUN_DIR: join(folder, "run"),
});

function write(place: Place, file: string, value: unknown): void {
  writeFileSync(join(inventoryOf(place), file), JSON.stringify(value));
}

function writeSite(place: Place): void {
  for (const name of ["nodes", "profiles"]) mkdirSync(join(inventoryOf(place), name), { recursive: true });
  const rack = { subnet: "192.0.2.0/24", interface: "br0", controller: controllerAddress };
  const diskWatch = { hooks: [{ webhook: `http://127.0.0.1:${hookPort}/disks` }] };
  const own = { namespace: place.lab };
  write(place, "site.yaml", { name: "demo", domain: "rack.test", controller: own, networks: { rack }, diskWatch });
  const os = { family: "debian", release: "12", codename: "bookworm" };
  const repositories = [{ name: "debian", suite: "bookworm", components: ["main"] }];
  write(place, "profiles/debian12.yaml", { os, method: "image", storage: { layout: "raid1" }, repositories });
}

function writeNode(place: Place, serials: readonly string[]): void {
  write(place, `nodes/${node}.yaml`, {
    interfaces: [{ mac: "52:54:00:77:01:11", network: "rack", address: place.address }],
    ...{ bmc: { driver: "manual" }, firmware: "bios", rack: "R1", profile: "debian12" },
    disks: serials.map((serial) => ({ serial })),
    hotSwap: true,
    bays: serials.map((serial, index) => ({ slot: `B${index}`, serial })),
    backups: [{ with: "dumps", folder: dumps, kind: "files", covers: ["/", "/boot", dataFolder] }],
  });
}

/** As an install leaves it: the phase, the pinned host key, the controller's key on the node. */
async function pretendInstalled(place: Place, bed: Bed): Promise<void> {
  const environment = environmentOf(place);
  const around = { inventoryFolder: inventoryOf(place), environment, isRoot: true, clock, log: silentLog };
  const { house, close } = await createLocalController({ ...around, say: () => {} });
  const db = house.database.tables<LifecycleTables>();
  const condition = JSON.stringify({ state: "ok", since: clock.now().toISOString() });
  const known = { paused: 0, condition, power: null, bmc: null, forgotten: 0 };
  const row = { name: node, phase: "active", generation: 1, ...known };
  await db.insertInto("nodes").values(row).execute();
  const [kind, blob] = (await bed.ask("cat /etc/ssh/ssh_host_ed25519_key.pub")).split(" ");
  const pinned = { node, generation: 1, key: `${kind} ${blob}`, pinned_at: clock.now().getTime() };
  await db.insertInto("host_keys").values(pinned).execute();
  await bed.ask(`echo '${house.key.publicKey}' >> /root/.ssh/authorized_keys`);
  await close();
}

const hookProgram = `
require("node:http").createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk)).on("end", () => (console.log(body), response.end()));
}).listen(${hookPort}, "127.0.0.1");`;

/** On the loopback of the site's namespace. */
function startHook(lab: string) {
  const child = spawn("ip", ["netns", "exec", lab, process.execPath, "-e", hookProgram], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const heard: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => heard.push(JSON.parse(line)));
  return { child, heard };
}

function startProcess(argv: readonly string[], environment: Readonly<Record<string, string>>): Started {
  const own = ["--disable-warning=ExperimentalWarning", join(root, "bin/start.ts"), ...argv];
  const env = { ...process.env, ...environment };
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, own, { cwd: root, env });
  child.stdin.end();
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].on("data", (chunk: Buffer) => (said[name] += chunk));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
  return {
    lines: createInterface({ input: child.stdout }),
    ended,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
