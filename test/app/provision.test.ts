import test, { type ExecutionContext } from "ava";
import type { ProvisionResult } from "../../src/app/controller.ts";
import type { House } from "../../src/app/local.ts";
import { sitePaths } from "../../src/app/paths.ts";
import { convergeOnly, provision } from "../../src/app/provision.ts";
import { readSite } from "../../src/app/site.ts";
import { systemClock } from "../../src/clock.ts";
import { fail } from "../../src/lifecycle/errors.ts";
import type { OperationEvent } from "../../src/lifecycle/events.ts";
import { createLifecycle, type Lifecycle } from "../../src/lifecycle/lifecycle.ts";
import type { StepContext, StepDefinition } from "../../src/lifecycle/step.ts";
import { lifecycleMigrations } from "../../src/lifecycle/tables.ts";
import { silentLog } from "../../src/log.ts";
import { openDatabase } from "../../src/store/database.ts";
import { good, load } from "../inventory/site-on-disk.ts";
import { surroundings } from "./surroundings.ts";

type Deed = (ctx: StepContext) => Promise<unknown>;

interface Deeds {
  install?: Deed;
  /** Skips the apply when it gives a reason. */
  converge?: Deed;
  instance?: string;
}

const done: Deed = async () => undefined;

const step = (name: string, deed: Deed): StepDefinition => ({
  ...{ name, label: name, idempotent: true, deadlineMs: 60_000 },
  run: async (ctx) => (await deed(ctx)) as undefined,
});

const preseed = {
  "profiles/plain.yaml": `${good["profiles/plain.yaml"]}method: preseed\ninstaller: { kernel: /k, initrd: /i }\n`,
};
const byImage = {
  "profiles/plain.yaml": (good["profiles/plain.yaml"] as string).replace(" }", ", codename: bookworm }"),
  "site.yaml": `${good["site.yaml"]}packages: { repositories: { debian: { upstream: "http://127.0.0.1:9/debian" } } }\n`,
};

/** A house whose lifecycle and records are real; its operations and servers are played. */
async function open(t: ExecutionContext, deeds: Deeds = {}, files: Record<string, string> = preseed) {
  const around = surroundings(t, load(t, files).folder);
  const site = readSite(around.inventoryFolder);
  const database = await openDatabase({ file: ":memory:", migrations: lifecycleMigrations, clock: systemClock });
  const world: string[] = [];
  const lifecycle = await createLifecycle({
    ...{ database, clock: systemClock, log: silentLog, instance: deeds.instance ?? "one" },
    operations: {
      install: () => [step("install", deeds.install ?? done)],
      converge: () => [step("plan", done), step("apply", deeds.converge ?? done)],
    },
    disarm: async (node) => void world.push(`disarm ${node}`),
  });
  t.teardown(async () => {
    await lifecycle.close();
    await database.close();
  });
  const paths = sitePaths(site.inventory.site.name, around.environment);
  const house = { around, site, paths, lifecycle, proofs: new Map(), latestRuns: new Map() } as unknown as House;
  const events: OperationEvent[] = [];
  const stop = new AbortController();
  const call = (more: { reinstall?: boolean; node?: string; set?: readonly string[]; only?: string } = {}) => ({
    request: { node: "n1", by: "me", reinstall: false, ...more },
    watch: (event: OperationEvent) => void events.push(event),
    signal: stop.signal,
    startServers: async () => void world.push("servers"),
  });
  return { house, lifecycle, events, stop, world, call };
}

const kinds = ({ operations }: ProvisionResult) => operations.map(({ kind, state }) => `${kind} ${state}`);
const phase = async (lifecycle: Lifecycle) => (await lifecycle.status("n1"))?.node.phase;

test("the first run installs and converges, the second one only looks, a reinstall does both again", async (t) => {
  let applied = 0;
  const converge: Deed = async () => (applied++ === 0 ? undefined : { skipped: "all as it should be" });
  const { house, lifecycle, events, call, world } = await open(t, { converge });
  house.proofs.set("n1", [{ role: "varnish", name: "a HIT", evidence: "X" }]);
  const first = await provision(house, call());
  t.deepEqual(kinds(first), ["install done", "converge done"]);
  t.like(first, { node: "n1", changed: true, proofs: [{ role: "varnish" }] });
  t.is(await phase(lifecycle), "active");
  t.deepEqual(
    events.flatMap((event) => (event.kind === "operation" ? [`${event.operation} ${event.state}`] : [])),
    ["install running", "install done", "converge running", "converge done"],
  );
  const second = await provision(house, call());
  t.deepEqual([kinds(second), second.changed], [["converge done"], false]);
  const third = await provision(house, call({ reinstall: true }));
  t.deepEqual([kinds(third), third.changed], [["install done", "converge done"], true]);
  t.is(third.operations[0]?.generation, 2);
  t.deepEqual(world.filter((what) => what === "servers").length, 3);
});

test("the install learns whether erasing was confirmed", async (t) => {
  const seen: unknown[] = [];
  const { house, call } = await open(t, { install: async (ctx) => void seen.push(ctx.parameters.reinstall) });
  await provision(house, call());
  await provision(house, call({ reinstall: true }));
  t.deepEqual(seen, [false, true]);
});

test("a failed install is thrown as it was recorded, and nothing is converged", async (t) => {
  const gone = fail("disk-not-found", { node: "n1", said: "no disk WEB01-A" });
  const { house, lifecycle, call } = await open(t, {
    install: async () => {
      throw gone;
    },
    converge: async () => t.fail("it was converged"),
  });
  const error = await t.throwsAsync(provision(house, call()), { code: "disk-not-found", message: "no disk WEB01-A" });
  t.deepEqual(JSON.parse(JSON.stringify(error)), (await lifecycle.status("n1"))?.operation?.error);
  t.is(await phase(lifecycle), "unknown");
});

test("who stops waiting has the operation cancelled; nothing stays armed, nothing is converged", async (t) => {
  const begun = Promise.withResolvers<void>();
  const { house, lifecycle, stop, world, call } = await open(t, {
    install: (ctx) => {
      begun.resolve();
      return ctx.waitFor(() => undefined);
    },
  });
  const running = provision(house, call());
  await begun.promise;
  stop.abort();
  await t.throwsAsync(running, { code: "operation-cancelled", message: /cancelled by me$/ });
  t.true(world.includes("disarm n1"));
  t.is((await lifecycle.status("n1"))?.operation?.state, "cancelled");
  t.is(lifecycle.running("n1"), undefined);
});

test("who stopped before it began begins nothing", async (t) => {
  const { house, lifecycle, stop, call } = await open(t);
  stop.abort(fail("operation-cancelled", { node: "n1", by: "me" }));
  await t.throwsAsync(provision(house, call()), { code: "operation-cancelled" });
  t.is((await lifecycle.status("n1"))?.operation, undefined);
});

for (const [what, left, expected] of [
  ["an install", "install", ["install done", "converge done"]],
  ["a converge", "converge", ["install done", "converge done"]],
] as const) {
  test(`${what} that runs already is followed, not done twice`, async (t) => {
    const go = Promise.withResolvers<void>();
    const { house, lifecycle, call } = await open(t, { [left]: () => go.promise });
    if (left === "converge") await (await lifecycle.begin("n1", "install", { by: "ann" })).finished;
    const { id } = await lifecycle.begin("n1", left, { by: "ann" });
    const running = provision(house, call({ reinstall: left === "install" }));
    setTimeout(go.resolve, 50);
    const { operations } = await running;
    t.is(operations[0]?.id, id);
    const said = operations.map(({ kind, state }) => `${kind} ${state}`);
    t.deepEqual(said, left === "install" ? [...expected] : ["converge done"]);
  });
}

test("converge alone never installs: a node without a system is refused", async (t) => {
  const { house, call } = await open(t, { install: async () => t.fail("it was installed") });
  await t.throwsAsync(convergeOnly(house, call()), { code: "wrong-phase" });
});

test("converge alone on an installed node is one operation", async (t) => {
  const { house, call } = await open(t);
  await provision(house, call());
  t.deepEqual(kinds(await convergeOnly(house, call())), ["converge done"]);
});

test("a node that isn't in the inventory starts nothing, not even servers", async (t) => {
  const { house, call, world } = await open(t);
  for (const work of [provision, convergeOnly]) {
    const error = await t.throwsAsync(work(house, call({ node: "n3" })), { code: "inventory-unknown-node" });
    t.regex((error as unknown as { hint: string }).hint, /n1/);
  }
  t.deepEqual(world, []);
});

for (const [says, wanted, code] of [
  ["a setting of a role that the node hasn't", { set: ["varnish.port=81"] }, "setting-invalid"],
  ["a setting that can't be read", { set: ["varnish"] }, "setting-invalid"],
] as const) {
  test(`${says} is refused before anything is on record`, async (t) => {
    const { house, lifecycle, call, world } = await open(t);
    await provision(house, call());
    const before = (await lifecycle.history("n1")).length;
    world.length = 0;
    const request = call(wanted);
    await t.throwsAsync(convergeOnly(house, request), { code });
    t.deepEqual([(await lifecycle.history("n1")).length, world], [before, []]);
  });
}

test("without a built image nothing is begun, and the machine isn't touched", async (t) => {
  const { house, lifecycle, call } = await open(t, {}, byImage);
  await t.throwsAsync(provision(house, call()), { code: "image-missing" });
  t.is((await lifecycle.status("n1"))?.operation, undefined);
});

test("other nodes' events aren't shown, and after the end none", async (t) => {
  const { house, lifecycle, events, call } = await open(t);
  await Promise.all([provision(house, call()), lifecycle.begin("n2", "install", { by: "ann" })]);
  t.deepEqual([...new Set(events.map((event) => event.node))], ["n1"]);
  const before = events.length;
  await lifecycle.setPaused("n1", { paused: true, by: "ann" });
  t.is(events.length, before);
});
