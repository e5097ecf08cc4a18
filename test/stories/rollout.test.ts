import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { catalogueRequest, convergeParts, type RequestFor } from "../../src/app/converge.ts";
import { chosenNodes, clusterNodesOf, rolloutOf } from "../../src/app/fleet.ts";
import { createLocalController, type House } from "../../src/app/local.ts";
import { convergeOnly } from "../../src/app/provision.ts";
import { type NodeReport, runRollout } from "../../src/app/rollout.ts";
import type { LoadedSite } from "../../src/app/site.ts";
import { createFactsBook } from "../../src/app/stored-facts.ts";
import { type Clock, systemClock as clock } from "../../src/clock.ts";
import { file } from "../../src/converge/resources/file.ts";
import { service } from "../../src/converge/resources/service.ts";
import { type AnyRole, defineRole } from "../../src/converge/role.ts";
import type { Rollout } from "../../src/converge/rollout-policy.ts";
import { loadInventory } from "../../src/inventory/load.ts";
import { createLifecycle, type Lifecycle } from "../../src/lifecycle/lifecycle.ts";
import { createConverge } from "../../src/lifecycle/operations/converge.ts";
import type { LifecycleTables } from "../../src/lifecycle/tables.ts";
import { silentLog } from "../../src/log.ts";
import { type ContainerLab, startContainers } from "../../src/sim/hosts/containers.ts";
import type { TestHost } from "../../src/sim/hosts/host.ts";
import { run } from "../cli/process.ts";
import { folders } from "../roles/container.ts";

/**
 * Three Debian machines as a site has them: real sshd, real systemd, the controller's records on the disk. First roles of
 * this story's own, over the controller; then the command line with the program's roles. The steps build on each other.
 */
const names = ["web1", "web2", "web3"];
const controllerAddress = "192.0.2.2";
const folder = mkdtempSync(join(tmpdir(), "rollout-"));
/** For the command line, and for the controllers of this story; one site, one set of records. */
const [inventory, ownInventory] = [join(folder, "inventory"), join(folder, "own")];
const environment = {
  PROVISION_STATE_DIR: join(folder, "state"),
  PROVISION_CACHE_DIR: join(folder, "cache"),
  PROVISION_RUN_DIR: join(folder, "run"),
};
const around = { inventoryFolder: inventory, environment, isRoot: true, clock, log: silentLog, say: () => {} };
let lab: ContainerLab;

const host = (name: string): TestHost => {
  const found = lab.hosts.find((one) => one.name === name);
  if (!found) throw new Error(`the lab has no ${name}`);
  return found;
};
const sh = async (name: string, script: string) => (await host(name).shell.run({ script })).stdout.trim();
const everywhere = (script: string) => Promise.all(names.map((name) => sh(name, script)));

function writeSite(into: string, roles: unknown): void {
  for (const name of ["nodes", "profiles"]) mkdirSync(join(into, name), { recursive: true });
  const network = { subnet: "192.0.2.0/24", interface: "br0", controller: controllerAddress };
  const site = { name: "story", domain: "rack.test", controller: { namespace: lab.name }, networks: { rack: network } };
  writeFileSync(join(into, "site.yaml"), JSON.stringify(site));
  const os = { family: "debian", release: "12", codename: "bookworm" };
  const repositories = [{ name: "debian", suite: "bookworm", components: ["main"] }];
  writeFileSync(join(into, "profiles/plain.yaml"), JSON.stringify({ os, method: "image", repositories }));
  for (const [at, name] of names.entries()) {
    const node = {
      rack: `r${at < 2 ? 1 : 2}`,
      interfaces: [{ mac: `52:54:00:77:00:0${at}`, network: "rack", address: host(name).address }],
      ...{ bmc: { driver: "manual" }, firmware: "bios", profile: "plain" },
      disks: [{ serial: `${name}-A` }, { serial: `${name}-B` }],
      roles,
    };
    writeFileSync(join(into, `nodes/${name}.yaml`), JSON.stringify(node));
  }
}

/** As an install leaves them: the phase, the pinned host key, the controller's key on the node. */
async function pretendInstalled({ database, key }: House): Promise<void> {
  const db = database.tables<LifecycleTables>();
  const condition = JSON.stringify({ state: "ok", since: clock.now().toISOString() });
  const known = { paused: 0, condition, power: null, bmc: null, forgotten: 0 };
  for (const name of names) {
    await db
      .insertInto("nodes")
      .values({ name, phase: "active", generation: 1, ...known })
      .execute();
    const [kind, blob] = (await sh(name, "cat /etc/ssh/ssh_host_ed25519_key.pub")).split(" ");
    const pinned = { node: name, generation: 1, key: `${kind} ${blob}`, pinned_at: clock.now().getTime() };
    await db.insertInto("host_keys").values(pinned).execute();
    await sh(name, `echo '${key.publicKey}' >> /root/.ssh/authorized_keys`);
  }
}

test.before(async () => {
  lab = await startContainers({ hosts: names.map((name) => ({ name })), ...folders, clock });
  execFileSync("ip", ["-n", lab.name, "addr", "add", `${controllerAddress}/24`, "dev", "br0"]);
  writeSite(inventory, { base: { sysctl: {}, motd: "of this site" } });
  writeSite(ownInventory, { shop: {}, quorum: {} });
  const local = await createLocalController(around);
  await pretendInstalled(local.house);
  await local.close();
});

test.after.always(async () => {
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A role of some files, a service that lives on one of them, and a promise that a node breaks when told so. */
const shop = (name: string, rollout: Rollout, content: string) =>
  defineRole({
    name,
    parameters: z.strictObject({}),
    rollout,
    resources: ({ cluster, node }) => {
      const unit = file("/etc/systemd/system/shop.service", { content: "[Service]\nExecStart=/bin/sleep infinity\n" });
      const config = file("/etc/shop.conf", { content: `${content}\n` });
      return [
        unit,
        config,
        file("/etc/shop.members", { content: cluster.members.map(({ address }) => `${address}\n`).join("") }),
        file("/etc/shop.begun", { content: `${cluster.bootstrap ? node.name : "joined"}\n` }),
        service("shop.service", { running: true, subscribe: [unit, config] }),
      ];
    },
    verify: () => [{ kind: "command", says: "the shop is open", argv: ["test", "!", "-e", "/run/shop.closed"] }],
  });

const close = (name: string) => sh(name, "touch /run/shop.closed");
const open = (name: string) => sh(name, "rm -f /run/shop.closed");
const read = async (path: string) => (await everywhere(`cat ${path} 2>/dev/null || echo -`)).join(" ");
const pids = async () => (await everywhere("systemctl show -p MainPID --value shop.service")).join(" ");

/** For verifying: two minutes of patience are over in two seconds. */
const hurried: Clock = { ...clock, monotonicMs: () => clock.monotonicMs() * 60 };

interface Wish {
  readonly limit?: string;
  readonly only?: string;
}

/** What came of it: `web1 changed, web2 withheld rollout-stopped`. A controller of its own each time, as each command has. */
async function roll(role: AnyRole, { limit, only }: Wish = {}): Promise<string> {
  const site = loadInventory(ownInventory);
  if (site.kind === "invalid") throw new AggregateError(site.problems);
  const { house, end } = await openHouse(site, role);
  const nodes = chosenNodes(site, { names: [], limit, all: true, max: undefined, verb: "apply" });
  const { signal } = new AbortController();
  const startServers = async () => {};
  try {
    const reports = await runRollout({
      controller: {
        converge: (request, watch) =>
          convergeOnly(house, { request: { ...request, reinstall: false }, watch, signal, startServers }),
      },
      ...{ tracks: rolloutOf(site, nodes, [role]), bound: 10, clock, signal, onEvent: () => {} },
      request: { by: "story", only },
    });
    return reports.map(({ node, outcome, error }) => [node, outcome, error?.code].filter(Boolean).join(" ")).join(", ");
  } finally {
    await end();
  }
}

/** The real controller, but for its roles and for how it reaches the hosts. */
async function openHouse(site: LoadedSite, role: AnyRole) {
  const local = await createLocalController(around);
  const requestFor: RequestFor = (_, node) => ({
    ...catalogueRequest(local.house.site, node),
    requests: [{ role: role.name, parameters: {} }],
    roles: [role],
    cluster: { nodes: clusterNodesOf(site), bootstraps: new Set(), factsOf: () => undefined },
  });
  const ssh = { ...local.house.ssh, connect: (name: string) => host(name).connect() };
  const foundations = { ...local.house, site, ssh, around: { ...around, clock: hurried } };
  const lifecycle: Lifecycle = await createLifecycle({
    ...{ database: local.house.database, clock, log: silentLog, instance: `story-${clock.monotonicMs()}` },
    disarm: async () => {},
    operations: {
      converge: createConverge(convergeParts(foundations, (node) => lifecycle.hostKeys(node), requestFor)),
    },
  });
  const end = async () => {
    await lifecycle.close();
    await local.close();
  };
  return { house: { ...foundations, lifecycle }, end };
}

const quorum = shop("quorum", { serial: 1, bootstrap: "once" }, "quorum");

test.serial("a cluster isn't begun on any node but the first, and that one isn't touched for it", async (t) => {
  t.is(await roll(quorum, { limit: "web2" }), "web2 failed bootstrap-elsewhere");
  t.is(await read("/etc/shop.begun"), "- - -");
});

test.serial("begun and not verified: the others wait, whatever the limit says", async (t) => {
  await close("web1");
  const stopped = "web2 withheld rollout-stopped, web3 withheld rollout-stopped";
  t.is(await roll(quorum), `web1 unverified verify-failed, ${stopped}`);
  t.is(await roll(quorum, { limit: "web3" }), "web3 failed bootstrap-elsewhere");
  t.is(await read("/etc/shop.begun"), "web1 - -");
});

test.serial(
  "the same node goes on with it; when it is verified the others join, and nobody begins another",
  async (t) => {
    await open("web1");
    t.is(await roll(quorum), "web1 unchanged, web2 changed, web3 changed");
    t.is(await read("/etc/shop.begun"), "web1 joined joined");
    t.is(await roll(quorum, { limit: "web1" }), "web1 changed");
    t.is(await read("/etc/shop.begun"), "joined joined joined");
  },
);

test.serial("one at a time: the second isn't touched when the first doesn't keep its promise", async (t) => {
  const before = await pids();
  await close("web1");
  const stopped = "web2 withheld rollout-stopped, web3 withheld rollout-stopped";
  t.is(await roll(shop("shop", { serial: 1 }, "one")), `web1 unverified verify-failed, ${stopped}`);
  t.is(await read("/etc/shop.conf"), "one quorum quorum");
  t.deepEqual((await pids()).split(" ").slice(1), before.split(" ").slice(1));
  await open("web1");
  t.is(await roll(shop("shop", { serial: 1 }, "one")), "web1 unchanged, web2 changed, web3 changed");
  t.is(await read("/etc/shop.conf"), "one one one");
});

test.serial("a second run changes nothing and restarts nothing", async (t) => {
  const before = await pids();
  t.is(await roll(shop("shop", { serial: 1 }, "one")), "web1 unchanged, web2 unchanged, web3 unchanged");
  t.is(await pids(), before);
});

test.serial("a canary goes first; the others follow together, or not at all", async (t) => {
  await close("web1");
  const stopped = "web2 withheld rollout-stopped, web3 withheld rollout-stopped";
  t.is(await roll(shop("shop", { canary: 1, abortAfter: 3 }, "two")), `web1 unverified verify-failed, ${stopped}`);
  t.is(await read("/etc/shop.conf"), "two one one");
  await open("web1");
  await close("web2");
  const last = "web1 unchanged, web2 unverified verify-failed, web3 changed";
  t.is(await roll(shop("shop", { canary: 1, abortAfter: 3 }, "two")), last);
  await open("web2");
});

test.serial("a limit touches only its nodes, and the list of members stays whole", async (t) => {
  await everywhere("echo broken > /etc/shop.members");
  t.is(await roll(shop("shop", { serial: 1 }, "three"), { limit: "rack=r2" }), "web3 changed");
  t.is(await read("/etc/shop.conf"), "two two three");
  t.is(await sh("web3", "cat /etc/shop.members"), names.map((name) => host(name).address).join("\n"));
  t.is(await sh("web1", "cat /etc/shop.members"), "broken");
});

test.serial("a selection touches only its closure; the service hears of it in the next run of the whole", async (t) => {
  const before = await pids();
  const role = shop("shop", {}, "four");
  t.is(await roll(role, { only: "resource=file[/etc/shop.conf]" }), "web1 changed, web2 changed, web3 changed");
  t.is(await read("/etc/shop.conf"), "four four four");
  t.is(await sh("web1", "cat /etc/shop.members"), "broken");
  t.is(await pids(), before);
  t.is(await roll(role, { limit: "web1" }), "web1 changed");
  t.not((await pids()).split(" ")[0], before.split(" ")[0], "restarted");
  t.deepEqual((await pids()).split(" ").slice(1), before.split(" ").slice(1));
});

test.serial("also when the selection only mended what somebody had changed", async (t) => {
  const role = shop("shop", {}, "four");
  await roll(role);
  const before = await pids();
  await sh("web2", "echo by hand > /etc/shop.conf");
  t.is(await roll(role, { limit: "web2", only: "type=file" }), "web2 changed");
  t.is(await pids(), before);
  t.is(await roll(role, { limit: "web2" }), "web2 changed");
  t.not(await pids(), before, "restarted");
  t.is(await roll(role), "web1 unchanged, web2 unchanged, web3 unchanged");
});

test.serial("a selection that selects nothing is an error, and nothing is read", async (t) => {
  t.is(await roll(shop("shop", {}, "four"), { limit: "web1", only: "type=user" }), "web1 failed selection-empty");
});

test.serial("every run left facts, and their age", async (t) => {
  const local = await createLocalController(around);
  const known = await createFactsBook(local.house.database, clock).all();
  await local.close();
  for (const name of names) {
    t.is(known(name)?.facts.os?.id, "debian");
    t.true((known(name)?.ageSeconds ?? 1e9) < 600);
  }
});

const provision = (...argv: string[]) => run(["--inventory", inventory, ...argv], { environment });

test.serial("the command line: a plan of many, and how an apply would go", async (t) => {
  const { code, stdout, stderr } = await provision("plan", "--all");
  t.is(code, 0, stdout + stderr);
  for (const name of names) t.regex(stdout, new RegExp(`^${name} +\\d+ +\\d+ +–$`, "m"));
  t.is(await sh("web1", "grep -c 'of this site' /etc/motd || :"), "0");
});

test.serial("the command line: an apply of two, a line for each change of state, a table at the end", async (t) => {
  const { code, stdout, stderr } = await provision("apply", "--limit", "web1,web2");
  t.is(code, 0, stdout + stderr);
  t.regex(stdout, /▸ web1\n/);
  t.regex(stdout, /✔ web2 {2}\d+ changed {2}\d/);
  t.regex(stdout, /^NODE +OUTCOME +CHANGES +DURATION +ERROR\nweb1 +changed +[1-9]\d* +\S+ s +–\nweb2 +changed /m);
  t.deepEqual(await everywhere("grep -c 'of this site' /etc/motd || :"), ["1", "1", "0"]);
});

test.serial("the command line: one node fails, the others are done, and the status says so", async (t) => {
  await sh("web2", "rm /etc/motd && mkdir /etc/motd && touch /etc/motd/in-the-way");
  const { code, stdout } = await provision("apply", "--all", "--only", "resource=file[/etc/motd]", "--json");
  t.is(code, 1, stdout);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { nodes: readonly NodeReport[] };
  t.deepEqual(
    last.nodes.map(({ node, outcome }) => `${node} ${outcome}`),
    ["web1 unchanged", "web2 failed", "web3 changed"],
  );
  await sh("web2", "rm -r /etc/motd");
});

test.serial("the command line: facts, fresh and stored", async (t) => {
  const fresh = await provision("facts", "web3", "--fresh");
  t.regex(fresh.stdout, /^FACT +READ +web3\n(.*\n)*kernel +now +\S/, fresh.stderr);
  const stored = await provision("facts", "web3", "--stored", "--json");
  t.like(JSON.parse(stored.stdout), { node: "web3", facts: { os: { id: "debian", codename: "bookworm" } } });
});
