import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { DhcpNetwork } from "../../src/dhcp/policy.ts";
import { ip, lab, mac, subnet } from "./lab.ts";
import {
  addNamespace,
  connect,
  deleteNamespace,
  type Running,
  requirePrograms,
  run,
  startIn,
  stopAll,
} from "./namespaces.ts";

/*
 * Our server against other people's programs. Namespaces on two cables and one behind a relay:
 *
 *   near ── n0   s0 ┐
 *                   srv (our server: 10.77.0.1 and 10.79.0.1)
 *   side ── d0   s1 ┘
 *   far ── f0  r1 relay r0 ── s2 (10.77.2.1)
 */
const id = process.pid;
const srv = `dhcp-srv-${id}`;
const near = `dhcp-near-${id}`;
const side = `dhcp-side-${id}`;
const relay = `dhcp-relay-${id}`;
const far = `dhcp-far-${id}`;
const all = [srv, near, side, relay, far];
const folder = mkdtempSync(join(tmpdir(), "dhcp-peers-"));

const web = { mac: mac("52:54:00:77:00:01"), address: ip("10.77.0.11"), hostName: "web01" };
const remote = { mac: mac("52:54:00:77:00:03"), address: ip("10.78.0.13"), hostName: "web03" };
const networks: DhcpNetwork[] = [
  { ...lab, interface: "s0", leaseSeconds: 600 },
  {
    ...lab,
    interface: "s1",
    subnet: subnet("10.79.0.0/24"),
    server: ip("10.79.0.1"),
    router: ip("10.79.0.1"),
    pool: { first: ip("10.79.0.100"), last: ip("10.79.0.110") },
  },
  { ...lab, interface: "s2", subnet: subnet("10.78.0.0/24"), server: ip("10.77.2.1"), router: ip("10.78.0.1") },
];
const settings = (of: readonly DhcpNetwork[]) => JSON.stringify({ networks: of, reservations: [web, remote] });
const serve = join(import.meta.dirname, "serve.ts");
const script = join(folder, "set-address");
const setAddress = `#!/bin/sh
[ "$1" = bound ] && ip addr add $ip/24 dev $interface
echo "$1 $bootfile $siaddr $router $hostname"
`;

let server: Running | undefined;

test.before(async () => {
  requirePrograms("ip", "ethtool", "dhclient", "busybox", "dnsmasq");
  for (const name of all) addNamespace(name);
  connect({
    from: { namespace: srv, name: "s0", address: "10.77.0.1/24" },
    to: { namespace: near, name: "n0", mac: web.mac },
  });
  connect({ from: { namespace: srv, name: "s1", address: "10.79.0.1/24" }, to: { namespace: side, name: "d0" } });
  connect({ from: { namespace: srv, name: "s2", address: "10.77.2.1/24" }, to: { namespace: relay, name: "r0" } });
  connect({
    from: { namespace: relay, name: "r1", address: "10.78.0.1/24" },
    to: { namespace: far, name: "f0", mac: remote.mac },
  });
  run("ip", "-n", relay, "addr", "add", "10.77.2.2/24", "dev", "r0");
  run("ip", "-n", srv, "route", "add", "10.78.0.0/24", "via", "10.77.2.2");
  writeFileSync(script, setAddress, { mode: 0o755 });
  server = startIn(srv, process.execPath, serve, settings(networks));
  await server.until(/"ready":true/);
});

test.beforeEach(() => {
  run("ip", "-n", near, "addr", "flush", "dev", "n0");
});

test.after.always(async () => {
  await stopAll();
  for (const name of all) deleteNamespace(name);
  rmSync(folder, { recursive: true });
});

const dhclient = (namespace: string, name: string, ...extra: string[]) => {
  const files = ["-lf", join(folder, `${name}.leases`), "-pf", join(folder, `${name}.pid`)];
  return startIn(namespace, "dhclient", "-4", "-1", "-d", "-v", "-sf", "/bin/true", ...files, ...extra, name);
};

test.serial("dhclient: takes its reservation by DORA; started again, it reboots into it", async (t) => {
  for (const expected of [/DHCPDISCOVER on n0/, /DHCPREQUEST for 10\.77\.0\.11 on n0/]) {
    const client = dhclient(near, "n0");
    await client.until(/bound to 10\.77\.0\.11/);
    await client.stop();
    t.regex(
      client
        .output()
        .split("\n")
        .find((line) => /^DHCP/.test(line)) ?? "",
      expected,
    );
  }
  t.regex(server!.output(), /ack 52:54:00:77:00:01 10\.77\.0\.11/);
});

test.serial("udhcpc: hears our unicast without an address, gets the boot file, renews, releases", async (t) => {
  const client = startIn(near, "busybox", "udhcpc", "-i", "n0", "-f", "-R", "-t", "5", "-s", script, "-O", "bootfile");
  await client.until(/^bound .*\n/m);
  t.regex(client.output(), /lease of 10\.77\.0\.11 obtained from 10\.77\.0\.1/);
  t.regex(client.output(), /^bound undionly\.kpxe 10\.77\.0\.1 10\.77\.0\.254 web01$/m);
  const before = server!.output().length;
  client.signal("SIGUSR1");
  await client.until(/^renew .*\n/m);
  t.regex(server!.output().slice(before), /ack 52:54:00:77:00:01 10\.77\.0\.11/);
  await client.stop();
  await server!.until(/release 52:54:00:77:00:01 10\.77\.0\.11/);
});

test.serial("udhcpc with the broadcast flag is answered too", async (t) => {
  const client = startIn(near, "busybox", "udhcpc", "-B", "-i", "n0", "-n", "-q", "-f", "-t", "5", "-s", "/bin/true");
  t.truthy(await client.until(/lease of 10\.77\.0\.11 obtained/));
});

test.serial(
  "each interface is a network of its own: the other cable gives an address of the other's pool",
  async (t) => {
    const client = startIn(side, "busybox", "udhcpc", "-i", "d0", "-n", "-q", "-f", "-t", "5", "-s", "/bin/true");
    t.truthy(await client.until(/lease of 10\.79\.0\.1\d\d obtained from 10\.79\.0\.1/));
  },
);

test.serial("an unknown MAC on a network without pool hears nothing", async (t) => {
  run("ip", "-n", near, "link", "set", "n0", "address", "02:00:00:00:00:99");
  const client = startIn(
    near,
    "busybox",
    "udhcpc",
    "-i",
    "n0",
    "-n",
    "-q",
    "-f",
    "-t",
    "2",
    "-T",
    "1",
    "-s",
    "/bin/true",
  );
  t.truthy(await client.until(/no lease, failing/));
  t.regex(server!.output(), /ignored 02:00:00:00:00:99/);
  run("ip", "-n", near, "link", "set", "n0", "address", web.mac);
});

test.serial("through dnsmasq as a relay: the far machine gets its reservation", async (t) => {
  const options = ["--no-daemon", "--conf-file=/dev/null", "--port=0", "--log-dhcp", "--user=root"];
  const pid = `--pid-file=${join(folder, "relay.pid")}`;
  const between = startIn(relay, "dnsmasq", ...options, pid, "--dhcp-relay=10.78.0.1,10.77.2.1");
  try {
    await between.until(/DHCP relay from 10\.78\.0\.1 to 10\.77\.2\.1/);
    const client = dhclient(far, "f0");
    await client.until(/bound to 10\.78\.0\.13/);
    await client.stop();
    t.regex(server!.output(), /ack 52:54:00:77:00:03 10\.78\.0\.13/);
  } finally {
    await between.stop();
  }
});

test.serial("findForeignServers: finds a foreign dnsmasq by name, and not ourselves", async (t) => {
  run("ip", "-n", near, "addr", "add", "10.77.0.66/24", "dev", "n0");
  const options = ["--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--interface=n0", "--no-ping"];
  const files = [`--pid-file=${join(folder, "foreign.pid")}`, `--dhcp-leasefile=${join(folder, "foreign.leases")}`];
  const foreign = startIn(near, "dnsmasq", ...options, ...files, "--dhcp-range=10.77.0.200,10.77.0.220");
  try {
    await foreign.until(/IP range/);
    const probe = join(import.meta.dirname, "probe.ts");
    const [first, second] = [
      startIn(srv, process.execPath, probe, "s0", "10.77.0.1"),
      startIn(side, process.execPath, probe, "d0", "10.79.0.1"),
    ];
    t.regex(
      (await first.until(/\{"found.*/))[0],
      /^\{"found":\[\{"server":"10\.77\.0\.66","offered":"10\.77\.0\.2\d\d"\}\]\}$/,
    );
    t.is((await second.until(/\{"found.*/))[0], '{"found":[]}');
  } finally {
    await foreign.stop();
  }
});

for (const [what, argv, name, code] of [
  ["the port is taken", [], "s0", "dhcp-port-busy"],
  ["the interface is missing", [], "nowhere0", "dhcp-interface-missing"],
  ["it isn't root", ["setpriv", "--reuid=65534", "--clear-groups"], "lo", "dhcp-no-privilege"],
] as const) {
  test.serial(`refuses to start when ${what}: ${code}`, async (t) => {
    const second = startIn(srv, ...argv, process.execPath, serve, settings([{ ...lab, interface: name }]));
    t.is((await second.until(/"failed":"([^"]*)"/))[1], code);
  });
}

/** Sends each line of hex to the server's port, one datagram each. */
const hostile = `
const socket = require("node:dgram").createSocket("udp4");
const lines = ["", "00", "0101060000000000", "ff".repeat(600), "02010600".padEnd(480, "0") + "63825363350101ff"];
const send = (hex) => new Promise((done) => socket.send(Buffer.from(hex, "hex"), 67, "10.77.0.1", done));
(async () => { for (const hex of lines) await send(hex); socket.close(); })();`;

test.serial("hostile datagrams over the wire: the server answers the next machine", async (t) => {
  run("ip", "-n", near, "addr", "add", "10.77.0.66/24", "dev", "n0");
  const before = server!.output().length;
  run("ip", "netns", "exec", near, process.execPath, "-e", hostile);
  run("ip", "-n", near, "addr", "flush", "dev", "n0");
  const client = startIn(near, "busybox", "udhcpc", "-i", "n0", "-n", "-q", "-f", "-t", "5", "-s", "/bin/true");
  t.truthy(await client.until(/lease of 10\.77\.0\.11 obtained/));
  t.is(
    server!
      .output()
      .slice(before)
      .match(/malformed packet dropped/g)?.length,
    5,
  );
});

test.serial("no reply had to go by broadcast for want of a neighbour entry", (t) => {
  t.notRegex(server!.output(), /no neighbour entry|sending failed/);
});

test.serial("closes its sockets and ends", async (t) => {
  await server!.stop();
  t.regex(server!.output(), /"closed":true/);
});
