import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { sshAccess } from "../../src/app/ssh.ts";
import { systemClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { loadInventory } from "../../src/inventory/load.ts";
import { createKeyPair } from "../../src/transport/keys.ts";
import { startTestSshd, type TestSshd } from "../transport/sshd.ts";

const operator = createKeyPair("test");
let node: TestSshd;
let gate: TestSshd;

test.before(async () => {
  node = await startTestSshd({ operator });
  gate = await startTestSshd({ operator });
});

test.after.always(() => {
  node?.stop();
  gate?.stop();
});

/** An inventory of one node at 127.0.0.1, as an operator writes it. */
function inventoryWith(site: string, ofNode: string) {
  const folder = mkdtempSync(join(tmpdir(), "provision-ssh-"));
  for (const name of ["nodes", "profiles"]) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, "site.yaml"),
    `name: trial\nnetworks: { rack: { subnet: 127.0.0.0/24, interface: lo, controller: 127.0.0.2 } }\n${site}`,
  );
  writeFileSync(
    join(folder, "profiles/plain.yaml"),
    "os: { family: debian, release: '12', codename: bookworm }\nrepositories: [{ name: debian, suite: bookworm, components: [main] }]\n",
  );
  writeFileSync(
    join(folder, "nodes/web01.yaml"),
    `interfaces: [{ mac: "52:54:00:77:00:01", network: rack, address: 127.0.0.1 }]
bmc: { driver: manual }
firmware: bios
disks: [{ serial: A }, { serial: B }]
profile: plain
${ofNode}`,
  );
  const loaded = loadInventory(folder);
  rmSync(folder, { recursive: true });
  if (loaded.kind === "invalid") throw new AggregateError(loaded.problems, loaded.problems.join("\n"));
  return sshAccess(loaded.inventory, operator.privateKey, systemClock);
}

const keyOf = ({ hostKey }: TestSshd) => hostKey.split(" ").slice(0, 2).join(" ");
const jump = () => `{ jump: [{ host: 127.0.0.1, port: ${gate.port}, hostKey: "${keyOf(gate)}" }] }`;
const other = () => createKeyPair().publicKey;

test("a machine that we didn't install is known by the key in its file", async (t) => {
  const access = inventoryWith("", `ssh: { port: ${node.port}, hostKey: "${keyOf(node)}" }`);
  const shell = await access.connect("web01", []);
  t.is((await shell.run({ argv: ["echo", "hello"] })).stdout, "hello\n");
  await shell.close();
});

test("the key of the machine's own install is newer than the one in its file", async (t) => {
  const access = inventoryWith("", `ssh: { port: ${node.port}, hostKey: "${other()}" }`);
  await t.notThrowsAsync(access.login("web01", [keyOf(node)], AbortSignal.timeout(20_000)));
  const error = await t.throwsAsync(access.login("web01", [], AbortSignal.timeout(20_000)));
  t.is((error as ProvisionError).code, "ssh-host-key-changed");
});

test("without a key anywhere nobody is connected to", async (t) => {
  const access = inventoryWith("", `ssh: { port: ${node.port} }`);
  const error = await t.throwsAsync(access.connect("web01", []), { instanceOf: ProvisionError });
  t.is(error?.code, "host-key-unknown");
});

test("the site's jump host is on the way to a node, and a node may do without it", async (t) => {
  const own = `port: ${node.port}, hostKey: "${keyOf(node)}"`;
  for (const [ofNode, through] of [
    [`ssh: { ${own} }`, 1],
    [`ssh: { ${own}, jump: [] }`, 0],
  ] as const) {
    const access = inventoryWith(`ssh: ${jump()}\n`, ofNode);
    const before = gate.connections();
    const shell = await access.connect("web01", []);
    t.is(gate.connections() - before, through);
    await shell.close();
    for (let left = 50; left > 0 && gate.connections() > before; left--) await systemClock.sleep(100);
  }
});
