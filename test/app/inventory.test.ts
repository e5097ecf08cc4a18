import test, { type ExecutionContext } from "ava";
import { dhcpPolicyOf } from "../../src/app/dhcp.ts";
import { rackPlanOf } from "../../src/app/rack.ts";
import { parseIndexTargets, repositoriesOf } from "../../src/app/repositories.ts";
import type { BootClient } from "../../src/dhcp/policy.ts";
import { ProvisionError } from "../../src/errors.ts";
import type { Inventory, Site } from "../../src/inventory/schema.ts";
import { createRecordedShell } from "../../src/transport/recorded.ts";
import { parseIpv4, parseMac } from "../../src/wire/addresses.ts";
import { type Files, good, load, tell } from "../inventory/site-on-disk.ts";

function inventoryOf(t: ExecutionContext, changes: Files = {}): Inventory {
  const result = load(t, changes);
  if (result.kind !== "loaded") throw new Error(tell(result).join("\n"));
  return result.inventory;
}

const mac = (text: string) => parseMac(text)!;
const ip = (text: string) => parseIpv4(text)!;

test("DHCP: a network has our address, router, pool and lease time as the site has them", (t) => {
  const policy = dhcpPolicyOf(inventoryOf(t), () => ({ kind: "none" }));
  t.like(policy.networks[0], {
    ...{ interface: "eth0", server: "192.0.2.1", router: "192.0.2.254" },
    pool: { first: "192.0.2.200", last: "192.0.2.210" },
  });
  t.is(policy.networks[0]?.subnet.prefixLength, 24);
  t.is(policy.networks.length, 1);
});

test("DHCP: no gateway and no pool are absent, not undefined", (t) => {
  const bare = (good["site.yaml"] as string).replace(/ {4}(?:gateway|pool).*\n/g, "");
  const [network] = dhcpPolicyOf(inventoryOf(t, { "site.yaml": bare }), () => ({ kind: "none" })).networks;
  t.false("router" in network!);
  t.false("pool" in network!);
});

test("DHCP: each interface has its reservation, found by MAC and by address, and nobody else has one", (t) => {
  const policy = dhcpPolicyOf(inventoryOf(t), () => ({ kind: "none" }));
  const n2 = { mac: mac("52:54:00:00:00:02"), address: ip("192.0.2.12"), hostName: "n2" };
  t.deepEqual(policy.reservation(n2.mac), n2);
  t.deepEqual(policy.reservationAt(n2.address), n2);
  t.is(policy.reservation(mac("52:54:00:00:00:09")), undefined);
  t.is(policy.reservationAt(ip("192.0.2.1")), undefined, "the controller's own");
});

test("DHCP: what to boot is asked of whoever decides", (t) => {
  const asked: BootClient[] = [];
  const policy = dhcpPolicyOf(inventoryOf(t), (client) => {
    asked.push(client);
    return { kind: "tftp", file: "undionly.kpxe" };
  });
  const client = { mac: mac("52:54:00:00:00:01"), kind: "pxe", network: policy.networks[0]! } as const;
  t.deepEqual(policy.boot(client), { kind: "tftp", file: "undionly.kpxe" });
  t.deepEqual(asked, [client]);
});

const paths = { state: "/s", cache: "/c", run: "/r" };
const isolated = { "site.yaml": `${good["site.yaml"]}controller: { namespace: rack-test }\n` };
const virtual = (name: string, more = "") => ({
  [`nodes/${name}.yaml`]: `${good[`nodes/${name}.yaml`]}virtual: { cpus: 1, memoryMiB: 512, diskMiB: 2048 }\n${more}`,
});
const debian = { debian: { upstream: "http://deb.example:8080/debian" } };

test("rack: only virtual nodes are its machines, with the site's network and the nodes' BMCs", (t) => {
  const plan = rackPlanOf(inventoryOf(t, { ...isolated, ...virtual("n2") }), paths, debian);
  t.like(plan, {
    ...{ name: "test", namespace: "rack-test", bridge: "eth0", controller: "192.0.2.1" },
    ...{ stateDir: "/s/rack", runDir: "/r/rack", packagesSocket: "/r/packages.sock" },
    packageHosts: ["deb.example:8080"],
  });
  t.deepEqual(
    plan.machines.map((machine) => machine.name),
    ["n2"],
  );
  t.like(plan.machines[0], {
    ...{ mac: "52:54:00:00:00:02", firmware: "uefi", cpus: 1, memoryMiB: 512 },
    disks: [
      { serial: "N2-A", sizeMiB: 2048 },
      { serial: "N2-B", sizeMiB: 2048 },
    ],
    bmc: { address: "198.51.100.12", port: 623, user: "admin" },
  });
  t.is(plan.machines[0]?.bmc.password.reveal(), "canary-2");
});

test("rack: the packages' socket is the one that the controller fetches through", (t) => {
  const site = { "site.yaml": `${isolated["site.yaml"]}packages: { via: /run/elsewhere.sock }\n` };
  t.is(rackPlanOf(inventoryOf(t, { ...site, ...virtual("n1") }), paths, debian).packagesSocket, "/run/elsewhere.sock");
});

const manual = (good["nodes/n1.yaml"] as string).replace(/bmc:\n(?: {2}.*\n)+/, "bmc: { driver: manual }\n");
for (const [code, what, files] of [
  ["no-virtual-nodes", "all nodes are real", isolated],
  ["rack-not-isolated", "the site has no network namespace", virtual("n1")],
  ["virtual-bmc", "a virtual node is switched by hand", { ...isolated, "nodes/n1.yaml": `${manual}virtual: {}\n` }],
] as const) {
  test(`rack: ${what}: ${code}`, (t) => {
    const error = t.throws(() => rackPlanOf(inventoryOf(t, files), paths, debian), {
      instanceOf: ProvisionError,
      code,
    });
    t.is(error?.fault, "input");
  });
}

for (const [what, text, expected] of [
  [
    "Debian's archives by the last part of their address",
    "Debian|http://deb.example/debian/\nDebian|http://deb.example/debian-security\n",
    { debian: "http://deb.example/debian", "debian-security": "http://deb.example/debian-security" },
  ],
  [
    "each once, however many indexes it has",
    "Debian|https://m.example/debian/\nDebian|https://m.example/debian/\n",
    { debian: "https://m.example/debian" },
  ],
  ["no other vendor's", "Docker|https://download.example/linux/debian\nDebian Backports|http://b.example/debian\n", {}],
  ["none that only this machine can read", "Debian|file:/srv/mirror/debian\nDebian|cdrom:[x]/debian\n", {}],
  ["nothing in nothing", "\n", {}],
] as const) {
  test(`apt's archives: ${what}`, (t) => {
    const found = Object.entries(parseIndexTargets(text)).map(([name, { upstream }]) => [name, upstream]);
    t.deepEqual(Object.fromEntries(found), expected as Record<string, string>);
  });
}

const siteWith = (packages: Site["packages"]) => ({ packages }) as Site;

test("archives: the site's own go before apt's, which isn't asked", async (t) => {
  const shell = createRecordedShell([]);
  t.deepEqual(await repositoriesOf(siteWith({ repositories: debian }), shell), debian);
  t.deepEqual(shell.asked, []);
});

test("archives: without any, the error says where to name them and what apt said", async (t) => {
  const shell = createRecordedShell([
    { when: "indextargets", answer: { exitCode: 127, stderr: "apt-get: not found\n" } },
  ]);
  const error = await t.throwsAsync(repositoriesOf(siteWith({}), shell), { code: "no-repositories" });
  t.regex(error?.message ?? "", /apt-get: not found$/);
  t.regex((error as ProvisionError).hint, /packages\.repositories\.debian\.upstream/);
});

test("archives: this machine's apt says its lines in the form that is read", async (t) => {
  const { createLocalShell } = await import("../../src/transport/local.ts");
  const { systemClock } = await import("../../src/clock.ts");
  const found = await repositoriesOf(siteWith({}), createLocalShell({ clock: systemClock }));
  t.regex(found.debian?.upstream ?? "none", /^https?:\/\/.+\/debian$/);
});
