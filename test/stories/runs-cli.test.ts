import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { createLocalController } from "../../src/app/local.ts";
import { systemClock as clock } from "../../src/clock.ts";
import type { LifecycleTables } from "../../src/lifecycle/tables.ts";
import { silentLog } from "../../src/log.ts";
import { type ContainerLab, startContainers } from "../../src/sim/hosts/containers.ts";
import { createKeyPair } from "../../src/transport/keys.ts";
import { run } from "../cli/process.ts";
import { folders } from "../roles/container.ts";

/** The commands around stored runs, as processes, against a node that counts as installed. The steps build on each other. */
const controller = "192.0.2.2";
const folder = mkdtempSync(join(tmpdir(), "runs-cli-"));
const inventory = join(folder, "inventory");
const environment = {
  PROVISION_STATE_DIR: join(folder, "state"),
  PROVISION_CACHE_DIR: join(folder, "cache"),
  PROVISION_RUN_DIR: join(folder, "run"),
};
let lab: ContainerLab;

const host = () => {
  const [web01] = lab.hosts;
  if (!web01) throw new Error("a lab without a host");
  return web01;
};
const sh = async (script: string) => (await host().shell.run({ script })).stdout.trim();
const provision = (...argv: string[]) => run(["--inventory", inventory, ...argv], { environment });

function writeRoles(motd: string): void {
  const node = {
    interfaces: [{ mac: "52:54:00:77:00:01", network: "rack", address: host().address }],
    bmc: { driver: "manual" },
    firmware: "bios",
    disks: [{ serial: "A" }, { serial: "B" }],
    profile: "debian12",
    roles: { base: { motd, sysctl: {} } },
  };
  writeFileSync(join(inventory, "nodes/web01.yaml"), JSON.stringify(node));
}

const blob = createKeyPair("ada").publicKey.split(" ")[1] ?? "";

function writeSite(operators: readonly { readonly name: string; readonly sshKey: string }[] = []): void {
  for (const name of ["nodes", "profiles"]) mkdirSync(join(inventory, name), { recursive: true });
  const network = { subnet: "192.0.2.0/24", interface: "br0", controller };
  const own = { namespace: lab.name };
  const site = { name: "demo", domain: "rack.test", controller: own, networks: { rack: network }, operators };
  const os = { family: "debian", release: "12", codename: "bookworm" };
  const repositories = [{ name: "debian", suite: "bookworm", components: ["main"] }];
  const profile = { os, method: "image", storage: { layout: "raid1" }, repositories };
  writeFileSync(join(inventory, "site.yaml"), JSON.stringify(site));
  writeFileSync(join(inventory, "profiles/debian12.yaml"), JSON.stringify(profile));
}

/** As an install leaves it: the phase, the pinned host key, the controller's key on the node. */
async function pretendInstalled(): Promise<void> {
  const around = { inventoryFolder: inventory, environment, isRoot: true, clock, log: silentLog, say: () => {} };
  const local = await createLocalController(around);
  const db = local.house.database.tables<LifecycleTables>();
  const condition = JSON.stringify({ state: "ok", since: clock.now().toISOString() });
  const known = { paused: 0, condition, power: null, bmc: null, forgotten: 0 };
  await db
    .insertInto("nodes")
    .values({ name: "web01", phase: "active", generation: 1, ...known })
    .execute();
  const [kind, blob] = (await sh("cat /etc/ssh/ssh_host_ed25519_key.pub")).split(" ");
  const pinned = { node: "web01", generation: 1, key: `${kind} ${blob}`, pinned_at: clock.now().getTime() };
  await db.insertInto("host_keys").values(pinned).execute();
  await sh(`echo '${local.house.key.publicKey}' >> /root/.ssh/authorized_keys`);
  await local.close();
}

test.before(async () => {
  lab = await startContainers({ hosts: [{ name: "web01" }], ...folders, clock });
  execFileSync("ip", ["-n", lab.name, "addr", "add", `${controller}/24`, "dev", "br0"]);
  writeSite();
  writeRoles("first");
  await pretendInstalled();
});

test.after.always(async () => {
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const idIn = (text: string) => /\br\d{6}\b/.exec(text)?.[0] ?? "";
let second = "";

test.serial("apply stores a run and prints its name; report tells it", async (t) => {
  const applied = await provision("apply", "web01");
  t.is(applied.code, 0, applied.stdout + applied.stderr);
  t.regex(applied.stdout, /provision report r000001/);
  const told = await provision("report", "r000001");
  t.is(told.code, 0, told.stderr);
  t.regex(told.stdout, /^r000001 {2}converge on web01: changed/);
  t.regex(told.stdout, /✔ file\[\/etc\/motd\] .* initial/);
  const data = JSON.parse((await provision("report", "1", "--json")).stdout) as { id: string; node: string };
  t.like(data, { id: "r000001", node: "web01", kind: "converge", outcome: "changed" });
});

test.serial("no drift is status 0", async (t) => {
  const { code, stdout, stderr } = await provision("drift");
  t.is(code, 0, stderr);
  t.regex(stdout, /✔ web01 {2}\d+ as they should be {2}r000002/);
});

test.serial("drift is status 3, says who changed it, changes nothing, and writes JUnit XML", async (t) => {
  await sh("echo by hand >> /etc/motd");
  const junit = join(folder, "drift.xml");
  const { code, stdout } = await provision("drift", "web01", "--junit", junit);
  t.is(code, 3);
  t.regex(stdout, /≠ web01 {2}1 differ \(1 corrective\)/);
  t.regex(stdout, /-by hand/);
  t.is(await sh("tail -n 1 /etc/motd"), "by hand");
  execFileSync("xmllint", ["--noout", junit]);
  t.regex(readFileSync(junit, "utf8"), /<testsuite name="web01 r000003" tests="2" failures="1" errors="0"/);
  const planned = await provision("plan", "web01");
  t.regex(planned.stdout, /file\[\/etc\/motd\] .* {2}corrective/, planned.stderr);
});

test.serial("a change of the inventory is intentional, and is rolled back", async (t) => {
  t.is((await provision("apply", "web01")).code, 0);
  const before = await sh("cat /etc/motd; stat -c '%a %U %G' /etc/motd");
  writeRoles("second");
  t.regex((await provision("plan", "web01")).stdout, /intentional/);
  const applied = await provision("apply", "web01");
  t.is(applied.code, 0, applied.stderr);
  second = idIn(applied.stdout.split("provision report").at(-1) ?? "");
  t.regex(await sh("cat /etc/motd"), /second/);
  const shown = await provision("rollback", second, "web01", "--plan");
  t.regex(shown.stdout, /file\[\/etc\/motd\]/);
  t.regex(shown.stdout, /-.*second/);
  t.regex(await sh("cat /etc/motd"), /second/, "only shown");
  const back = await provision("rollback", second);
  t.is(back.code, 0, back.stderr);
  t.is(await sh("cat /etc/motd; stat -c '%a %U %G' /etc/motd"), before);
});

test.serial("a rollback over a later change by hand is refused with status 2", async (t) => {
  await sh("echo by hand >> /etc/motd");
  const { code, stderr } = await provision("rollback", second);
  t.is(code, 2);
  t.regex(stderr, /error\[rollback-refused\][\s\S]*\/etc\/motd: changed since/);
  t.is((await provision("rollback", "r000099")).code, 2);
});

test.serial("runs lists them all, newest first, with what they undid", async (t) => {
  const { stdout } = await provision("runs", "web01");
  const kinds = stdout
    .split("\n")
    .slice(1)
    .map((line) => line.split(/ {2,}/).slice(2, 3).join());
  t.deepEqual(kinds.filter(Boolean), [`rollback of ${second}`, "converge", "converge", "drift", "drift", "converge"]);
});

test.serial("what left the inventory is an orphan: shown by the plan, removed by apply --purge", async (t) => {
  writeSite([{ name: "ada", sshKey: `ssh-ed25519 ${blob} ada` }]);
  t.is((await provision("apply", "web01")).code, 0);
  const keys = () => sh(`grep -c ${blob} /root/.ssh/authorized_keys`);
  t.is(await keys(), "1");
  writeSite([]);
  const planned = await provision("plan", "web01");
  t.regex(planned.stdout, /orphan authorized_key\[ada on root\], of role base: apply --purge removes it/);
  t.regex((await provision("drift")).stdout, /1 orphan/);
  t.is((await provision("apply", "web01")).code, 0);
  t.is(await keys(), "1", "not without being asked");
  t.is((await provision("apply", "web01", "--purge")).code, 0);
  t.is(await keys(), "0");
  t.notRegex((await provision("plan", "web01")).stdout, /orphan/);
});

test.serial("a node that can't be reached is status 1, and the run says why", async (t) => {
  execFileSync("ip", ["-n", lab.name, "link", "set", "v0", "down"]);
  await host()
    .shell.close()
    .catch(() => {});
  const { code, stdout } = await provision("drift");
  execFileSync("ip", ["-n", lab.name, "link", "set", "v0", "up"]);
  t.is(code, 1);
  t.regex(stdout, /✘ web01/);
});
