import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { z } from "zod";
import { createClusters } from "../../src/app/clusters.ts";
import { chosenNodes, clustersOf, fleetOf, rolloutOf, selectorOf } from "../../src/app/fleet.ts";
import { fleetMigrations } from "../../src/app/fleet-tables.ts";
import type { Foundations } from "../../src/app/local.ts";
import { installedOf, preflight } from "../../src/app/preflight.ts";
import { rolesToVerify, takeSeat } from "../../src/app/seat.ts";
import { type LoadedSite, readSite } from "../../src/app/site.ts";
import { createFactsBook } from "../../src/app/stored-facts.ts";
import { createFakeClock, type FakeClock } from "../../src/clock.ts";
import { type CatalogueRequest, compileCatalogue } from "../../src/converge/catalogue.ts";
import { file } from "../../src/converge/resources/file.ts";
import { defineRole } from "../../src/converge/role.ts";
import { ProvisionError } from "../../src/errors.ts";
import type { NodeStatus } from "../../src/lifecycle/lifecycle.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { testNode } from "../converge/scratch.ts";
import { good, load } from "../inventory/site-on-disk.ts";

const nodeFile = (number: number, roles: string) =>
  (good["nodes/n1.yaml"] as string)
    .replaceAll("00:01", `00:0${number}`)
    .replaceAll(".11\n", `.1${number}\n`)
    .replaceAll("N1-", `N${number}-`)
    .concat(`rack: r${number}\n${roles}`);

const base = "roles:\n  base:\n";

/** n1, n2 and n3, with `base` on the first two. */
function site(t: ExecutionContext): LoadedSite {
  const files = [1, 2, 3].map((at) => [`nodes/n${at}.yaml`, nodeFile(at, at < 3 ? base : "")] as const);
  return readSite(load(t, Object.fromEntries(files)).folder);
}

test("the fleet is the inventory: names in its order, roles, groups, racks", (t) => {
  t.deepEqual(
    fleetOf(site(t)).map(({ name, roles, rack }) => `${name} ${roles.join("+")} ${rack}`),
    ["n1 base r1", "n2 base r2", "n3  r3"],
  );
});

test("who is meant: by limit, by name; a slip is an error before anything is done", (t) => {
  const loaded = site(t);
  const choose = (names: readonly string[], limit?: string) =>
    chosenNodes(loaded, { names, limit, all: false, max: 10, verb: "apply" }).map(({ name }) => name);
  t.deepEqual(choose([], "role=base"), ["n1", "n2"]);
  t.deepEqual(choose(["n3", "n1"]), ["n1", "n3"]);
  t.throws(() => choose(["n4"]), { instanceOf: ProvisionError, code: "inventory-unknown-node" });
  t.throws(() => choose([], "role=bsae"), { instanceOf: ProvisionError, code: "limit-unknown" });
  t.throws(() => selectorOf("role=vanrish"), { instanceOf: ProvisionError, code: "selector-invalid" });
});

test("before the first node is touched: who has nothing selected is left out, unless it was named", (t) => {
  const loaded = site(t);
  const choose = (named: boolean, only?: string) => {
    const { nodes, without } = preflight(loaded, fleetOf(loaded), { wanted: { only }, named });
    return [nodes.map(({ name }) => name).join(" "), without.join(" ")];
  };
  t.deepEqual(choose(false), ["n1 n2 n3", ""]);
  t.deepEqual(choose(false, "type=file"), ["n1 n2", "n3"]);
  t.throws(() => choose(true, "type=file"), { code: "selection-empty", message: /of what n3 should have/ });
  t.throws(() => choose(false, "type=user"), { code: "selection-empty" });
});

const at = async (phases: Record<string, string>) => {
  const nodes = Object.keys(phases).map((name) => ({ name, roles: [], groups: [], rack: undefined }));
  const status = async () =>
    nodes.map(({ name }) => ({ name, status: { node: { phase: phases[name] } } as unknown as NodeStatus }));
  const { nodes: left, notInstalled } = await installedOf({ status }, nodes);
  return [left.map(({ name }) => name).join(" "), notInstalled.join(" ")];
};

test("what isn't installed is left out of a run over many; if nothing is, each says so itself", async (t) => {
  t.deepEqual(await at({ n1: "active", n2: "unknown", n3: "ready" }), ["n1 n3", "n2"]);
  t.deepEqual(await at({ n1: "unknown", n2: "discovered" }), ["n1 n2", ""]);
});

const role = (name: string, rollout: Parameters<typeof defineRole>[0]["rollout"]) =>
  defineRole({ name, parameters: z.strictObject({}), ...(rollout ? { rollout } : {}), resources: () => [] });

test("the waves come from the roles' policies", (t) => {
  const loaded = site(t);
  const waves = (known: Parameters<typeof rolloutOf>[2]) =>
    rolloutOf(loaded, fleetOf(loaded), known).map((track) => track.waves.map(({ nodes }) => nodes.join("+")).join(" "));
  t.deepEqual(waves([role("base", undefined)]), ["n1", "n2", "n3"]);
  t.deepEqual(waves([role("base", { serial: 1 })]), ["n1 n2", "n3"]);
});

test("a cluster's nodes are the inventory's, whoever is in the run", (t) => {
  const [member] = clustersOf(site(t), "n2", [role("base", { bootstrap: "once" })]);
  t.deepEqual(member, { role: "base", node: "n2", bearers: ["n1", "n2"] });
  t.deepEqual(clustersOf(site(t), "n3", [role("base", { bootstrap: "once" })]), []);
  t.deepEqual(clustersOf(site(t), "n1", [role("base", { serial: 1 })]), []);
});

/** A database on the disk that can be left as a crash leaves it, and opened again. */
function disk(t: ExecutionContext, clock: FakeClock) {
  const folder = mkdtempSync(join(tmpdir(), "fleet-"));
  const open: Database[] = [];
  t.teardown(async () => {
    for (const one of open) await one.close();
    rmSync(folder, { recursive: true });
  });
  return async () => {
    const file = join(folder, "records.sqlite");
    const database = await openDatabase({ file, migrations: fleetMigrations, clock });
    open.push(database);
    return database;
  };
}

/** db0 came into the inventory later. */
const member = (node: string, bearers = [...(node === "db0" ? ["db0"] : []), "db1", "db2", "db3"]) => ({
  ...{ role: "galera", node, bearers },
});

/** What was done before, by processes of which each opened the records anew, and what the next one hears. */
for (const [says, before, asks, hears] of [
  ["the very first node begins it", [], "admit db1", "bootstrap"],
  ["no other may before", [], "admit db2", "bootstrap-elsewhere"],
  ["a crash right after it was written down: the same node again", ["admit db1"], "admit db1", "bootstrap"],
  ["and still no other", ["admit db1"], "admit db2", "bootstrap-elsewhere"],
  ["a second crash changes nothing", ["admit db1", "admit db1"], "admit db3", "bootstrap-elsewhere"],
  ["it is on record before anybody is told", ["admit db1"], "armed", "db1"],
  ["and holds when the inventory gets a node in front of it", ["admit db1"], "admit db0", "bootstrap-elsewhere"],
  ["verified: the others join", ["admit db1", "verified db1"], "admit db2", "join"],
  ["verified: it never begins again", ["admit db1", "verified db1"], "admit db1", "join"],
  ["a look writes nothing down", ["foresee db1"], "armed", "nobody"],
  ["a look at another node refuses nothing", [], "foresee db2", "join"],
  ["a refusal writes nothing down", ["admit db2"], "armed", "nobody"],
  ["one that was armed and forgotten frees it", ["admit db1", "forget db1"], "admit db1", "bootstrap"],
  ["forgetting another node frees nothing", ["admit db1", "forget db2"], "armed", "db1"],
  [
    "forgetting one of two living ones frees nothing",
    ["admit db1", "verified db1", "verified db2", "forget db1"],
    "admit db1",
    "join",
  ],
  [
    "forgetting all frees it",
    ["admit db1", "verified db1", "verified db2", "forget db1", "forget db2"],
    "admit db1",
    "bootstrap",
  ],
  ["nor does it drop the record", ["admit db1", "verified db1", "verified db2", "forget db1"], "armed", "db1"],
  ["joining writes nothing down", ["verified db3", "admit db2"], "armed", "nobody"],
  ["a cluster from before the policy is joined", ["verified db3"], "admit db1", "join"],
] as const) {
  test(`bootstrap once: ${says}`, async (t) => {
    const clock = createFakeClock();
    const open = disk(t, clock);
    const run = async (line: string): Promise<string> => {
      const [verb = "", node = ""] = line.split(" ");
      const database = await open();
      const clusters = createClusters(database, clock);
      try {
        if (verb === "admit") return (await clusters.admit(member(node), "ada")).bootstrap ? "bootstrap" : "join";
        if (verb === "foresee") return (await clusters.foresee(member(node))).bootstrap ? "bootstrap" : "join";
        if (verb === "verified") await clusters.verified(node, ["galera"]);
        if (verb === "forget") await clusters.forget(node);
        const rows = await database
          .tables<{ fleet_bootstraps: { node: string } }>()
          .selectFrom("fleet_bootstraps")
          .select("node")
          .execute();
        return rows.map((row) => row.node).join(" ") || "nobody";
      } catch (thrown) {
        return (thrown as ProvisionError).code;
      }
    };
    for (const line of before) await run(line);
    t.is(await run(asks), hears);
  });
}

test("two processes at one moment: one node begins, whoever asks first", async (t) => {
  const clock = createFakeClock();
  const open = disk(t, clock);
  const both = [createClusters(await open(), clock), createClusters(await open(), clock)] as const;
  // Each has another first node, as two checkouts of an inventory can.
  const answers = await Promise.allSettled([
    both[0].admit(member("db1"), "ada"),
    both[1].admit(member("db2", ["db2", "db1"]), "bob"),
  ]);
  t.deepEqual(answers.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
});

const galera = defineRole({
  name: "base",
  parameters: z.strictObject({}),
  rollout: { bootstrap: "once" },
  resources: ({ cluster, node }) => [
    file("/etc/cluster", { content: `${cluster.members.map(({ address }) => address).join(",")}\n` }),
    file("/etc/begins", { content: `${cluster.bootstrap}\n` }),
    file("/etc/others", {
      content: cluster.nodes
        .filter(({ name }) => name !== node.name)
        .map(
          ({ name }) =>
            `${name} ${cluster.factsOf(name)?.facts.kernel ?? "?"} ${cluster.factsOf(name)?.ageSeconds ?? "?"}`,
        )
        .join("\n"),
    }),
  ],
});

test("a role sees the same cluster in every run, who begins it, and how old another node's facts are", async (t) => {
  const clock = createFakeClock();
  const database = await disk(t, clock)();
  const loaded = site(t);
  const house = { database, site: loaded, around: { clock } } as unknown as Foundations;
  const nodes = fleetOf(loaded).map((one) => ({ ...one, address: `192.0.2.1${one.name.slice(1)}` }));
  const request = (name: string): CatalogueRequest => ({
    node: { ...testNode, name },
    requests: [{ role: "base", parameters: {} }],
    roles: [galera],
    loadTemplate: () => "",
    cluster: { nodes, bootstraps: new Set(), factsOf: () => undefined },
  });
  const files = (wanted: CatalogueRequest) =>
    compileCatalogue(wanted).items.map(({ desired }) => String((desired as { content: unknown }).content));
  const second = await takeSeat(house, request("n2"));
  await second.keep({ kernel: "6.1" });
  await t.throwsAsync(second.admit("ada"), { instanceOf: ProvisionError, code: "bootstrap-elsewhere" });
  await clock.advance(90_000);
  const first = await takeSeat(house, request("n1"));
  t.deepEqual(files(await first.admit("ada")), ["192.0.2.11,192.0.2.12\n", "true\n", "n2 6.1 90\nn3 ? ?"]);
  await first.verified(["base"]);
  t.deepEqual(files(await (await takeSeat(house, request("n2"))).admit("ada"))[1], "false\n");
  t.deepEqual(files((await takeSeat(house, request("n1"))).request)[1], "false\n");
});

test("a selection that leaves a role out has no part in its cluster", async (t) => {
  const clock = createFakeClock();
  const house = { database: await disk(t, clock)(), site: site(t), around: { clock } } as unknown as Foundations;
  const roles = [galera, role("other", undefined)];
  const request = { node: { ...testNode, name: "n2" }, requests: [], roles, loadTemplate: () => "" };
  await t.notThrowsAsync((await takeSeat(house, request, selectorOf("role=other", roles))).admit("ada"));
  for (const text of ["role=base", "role=b*", "type=file"]) {
    const seat = await takeSeat(house, request, selectorOf(text, roles));
    await t.throwsAsync(seat.admit("ada"), { code: "bootstrap-elsewhere" }, text);
  }
});

test("verified is what was touched", (t) => {
  const requests = ["base", "other"].map((name) => ({ role: name, parameters: {} }));
  const roles = [galera, role("other", undefined)];
  const request = { node: testNode, requests, roles, loadTemplate: () => "" };
  const whole = compileCatalogue(request);
  const only = (text: string, known: boolean) =>
    rolesToVerify(request, selectorOf(text, roles), known ? whole : undefined);
  t.deepEqual(rolesToVerify(request, undefined, whole), ["base", "other"]);
  t.deepEqual(only("type=file", true), ["base"]);
  t.deepEqual(only("type=file", false), ["base", "other"]);
  t.deepEqual(only("role=other", false), ["other"]);
});

test("facts are kept one by one, over a restart, each with its own age", async (t) => {
  const clock = createFakeClock();
  const open = disk(t, clock);
  await createFactsBook(await open(), clock).save("n1", { kernel: "6.1", cpus: 4 });
  await clock.advance(60_000);
  const book = createFactsBook(await open(), clock);
  await book.save("n1", { cpus: 8 });
  await book.save("n2", {});
  await clock.advance(30_000);
  const stored = await book.read("n1");
  t.deepEqual(stored?.facts, { kernel: "6.1", cpus: 8 });
  t.is(stored?.ageSeconds, 90);
  t.deepEqual(
    Object.entries(stored?.readAt ?? {})
      .map(([name, at]) => `${name} ${at.toISOString().slice(14, 19)}`)
      .toSorted(),
    ["cpus 01:00", "kernel 00:00"],
  );
  t.is(await book.read("n2"), undefined);
  t.deepEqual(stored?.agesSeconds, { kernel: 90, cpus: 30 });
  clock.stepWall(-3_600_000);
  t.is((await book.all())("n1")?.ageSeconds, 0);
});
