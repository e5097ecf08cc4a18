import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { type Answer, answer, committed } from "../../src/dhcp/answer.ts";
import { type AddressBook, createAddressBook } from "../../src/dhcp/book.ts";
import { option } from "../../src/dhcp/options.ts";
import type { DhcpNetwork, Lease } from "../../src/dhcp/policy.ts";
import { createMemoryLeases, ip, lab, mac, policyOf, subnet, web01, web02 } from "./lab.ts";
import { requestOf, type Wish } from "./requests.ts";

const stranger = mac("02:00:00:00:00:99");
const guest = mac("02:00:00:00:00:50");
const pooled: DhcpNetwork = { ...lab, pool: { first: ip("10.77.0.100"), last: ip("10.77.0.102") } };
const far: DhcpNetwork = {
  ...lab,
  subnet: subnet("10.78.0.0/24"),
  pool: { first: ip("10.78.0.100"), last: ip("10.78.0.110") },
};
const now = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-01T00:10:00Z");
const guestLease: Lease = { mac: guest, address: ip("10.77.0.101"), expiresAt: later };

const bookOf = (networks: readonly DhcpNetwork[], leases: readonly Lease[] = []): AddressBook =>
  createAddressBook({
    policy: policyOf({ networks }),
    leases: createMemoryLeases(leases),
    clock: createFakeClock(now),
  });

/** `ack 10.77.0.11`, `nak`, `silence: why`: what an operator would see. */
const said = (reaction: Answer) => {
  if (!("packet" in reaction)) return reaction.kind === "ignored" ? "silence" : reaction.kind;
  return reaction.kind === "nak" ? "nak" : `${reaction.kind} ${reaction.packet.yiaddr}`;
};

const ask = (book: AddressBook, wish: Wish, door = "lab0") => answer(book, requestOf(wish), { interface: door });

const ours = "10.77.0.1";

for (const [what, wish, expected] of [
  ["offers a known machine its reservation", { type: "discover" }, "offer 10.77.0.11"],
  ["offers it whatever else it asks for", { type: "discover", requested: "10.77.0.100" }, "offer 10.77.0.11"],
  ["stays silent to an unknown machine", { type: "discover", mac: stranger }, "silence"],
  [
    "SELECTING us: acks the reservation",
    { type: "request", serverId: ours, requested: "10.77.0.11" },
    "ack 10.77.0.11",
  ],
  ["SELECTING us with another address: naks", { type: "request", serverId: ours, requested: "10.77.0.12" }, "nak"],
  ["SELECTING us without an address: silence", { type: "request", serverId: ours }, "silence"],
  [
    "SELECTING another server: silence, and says so",
    { type: "request", serverId: "10.77.0.9", requested: "10.77.0.11" },
    "foreign-server",
  ],
  [
    "SELECTING by an unknown machine: silence",
    { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.50" },
    "silence",
  ],
  ["INIT-REBOOT with its reservation: acks", { type: "request", requested: "10.77.0.11" }, "ack 10.77.0.11"],
  ["INIT-REBOOT with another's address: naks", { type: "request", requested: "10.77.0.12" }, "nak"],
  ["INIT-REBOOT from another subnet: naks", { type: "request", requested: "192.168.1.5" }, "nak"],
  [
    "INIT-REBOOT of an unknown machine: silence",
    { type: "request", mac: stranger, requested: "10.77.0.50" },
    "silence",
  ],
  [
    "INIT-REBOOT of an unknown machine, wrong subnet: silence",
    { type: "request", mac: stranger, requested: "192.168.1.5" },
    "silence",
  ],
  ["RENEWING its reservation: acks", { type: "request", ciaddr: "10.77.0.11" }, "ack 10.77.0.11"],
  ["RENEWING another address: naks", { type: "request", ciaddr: "10.77.0.13" }, "nak"],
  ["REBINDING from another subnet: naks", { type: "request", ciaddr: "10.99.0.13" }, "nak"],
  ["RENEWING by an unknown machine: silence", { type: "request", mac: stranger, ciaddr: "10.77.0.13" }, "silence"],
  [
    "a REQUEST with both addresses: silence",
    { type: "request", ciaddr: "10.77.0.11", requested: "10.77.0.11" },
    "silence",
  ],
  ["a REQUEST with neither: silence", { type: "request" }, "silence"],
  ["INFORM: settings without an address", { type: "inform", ciaddr: "10.77.0.40" }, "ack 0.0.0.0"],
  ["INFORM without an address of ours: silence", { type: "inform", ciaddr: "8.8.8.8" }, "silence"],
  ["INFORM by an unknown machine: silence", { type: "inform", mac: stranger, ciaddr: "10.77.0.40" }, "silence"],
  ["RELEASE of what it never had: silence", { type: "release", serverId: ours, ciaddr: "10.77.0.11" }, "silence"],
  ["DECLINE of what it never had: silence", { type: "decline", serverId: ours, requested: "10.77.0.12" }, "silence"],
] as readonly (readonly [string, Wish, string])[]) {
  test(`known machines only: ${what}`, (t) => t.is(said(ask(bookOf([lab]), wish)), expected));
}

for (const [what, wish, expected] of [
  [
    "offers an unknown machine the address it asks for",
    { type: "discover", mac: stranger, requested: "10.77.0.100" },
    "offer 10.77.0.100",
  ],
  ["offers a guest what it had", { type: "discover", mac: guest }, "offer 10.77.0.101"],
  [
    "keeps a guest's address from a stranger",
    { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.101" },
    "nak",
  ],
  ["INIT-REBOOT of a guest: acks", { type: "request", mac: guest, requested: "10.77.0.101" }, "ack 10.77.0.101"],
  ["INIT-REBOOT of a guest, another address: naks", { type: "request", mac: guest, requested: "10.77.0.102" }, "nak"],
  ["INIT-REBOOT without a record: silence", { type: "request", mac: stranger, requested: "10.77.0.100" }, "silence"],
  [
    "INIT-REBOOT without a record, wrong subnet: naks",
    { type: "request", mac: stranger, requested: "192.168.1.5" },
    "nak",
  ],
  ["RENEWING by a guest: acks", { type: "request", mac: guest, ciaddr: "10.77.0.101" }, "ack 10.77.0.101"],
  ["REBINDING without a record: silence", { type: "request", mac: stranger, ciaddr: "10.77.0.100" }, "silence"],
  [
    "SELECTING after a restart, offer forgotten: acks",
    { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.102" },
    "ack 10.77.0.102",
  ],
  [
    "SELECTING an address outside the pool: naks",
    { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.50" },
    "nak",
  ],
  ["RELEASE by the guest: frees", { type: "release", mac: guest, serverId: ours, ciaddr: "10.77.0.101" }, "release"],
  [
    "RELEASE by another MAC: silence",
    { type: "release", mac: stranger, serverId: ours, ciaddr: "10.77.0.101" },
    "silence",
  ],
  [
    "RELEASE to another server: silence",
    { type: "release", mac: guest, serverId: "10.77.0.9", ciaddr: "10.77.0.101" },
    "silence",
  ],
  [
    "DECLINE by the guest: quarantine",
    { type: "decline", mac: guest, serverId: ours, requested: "10.77.0.101" },
    "decline",
  ],
] as readonly (readonly [string, Wish, string])[]) {
  test(`with a pool: ${what}`, (t) => t.is(said(ask(bookOf([pooled], [guestLease]), wish)), expected));
}

for (const [what, wish, expected] of [
  [
    "offers by the relay's subnet",
    { type: "discover", mac: stranger, giaddr: "10.78.0.1", requested: "10.78.0.106" },
    "offer 10.78.0.106",
  ],
  [
    "naks an address of another subnet",
    { type: "request", mac: stranger, giaddr: "10.78.0.1", requested: "10.77.0.100" },
    "nak",
  ],
  ["stays silent to a relay of no network of ours", { type: "discover", giaddr: "10.99.0.1" }, "silence"],
  [
    "knows a renewal from behind the router by its address",
    { type: "request", mac: guest, ciaddr: "10.78.0.105" },
    "ack 10.78.0.105",
  ],
] as readonly (readonly [string, Wish, string])[]) {
  test(`through a relay: ${what}`, (t) => {
    const lease = { mac: guest, address: ip("10.78.0.105"), expiresAt: later };
    t.is(said(ask(bookOf([lab, far], [lease]), wish)), expected);
  });
}

for (const [what, wish, expected] of [
  [
    "the relay first",
    { type: "discover", giaddr: "10.77.0.200", broadcast: true },
    { kind: "relay", address: "10.77.0.200" },
  ],
  [
    "a renewal to the address in use",
    { type: "request", ciaddr: "10.77.0.11" },
    { kind: "client", address: "10.77.0.11" },
  ],
  ["broadcast if the client asks for it", { type: "discover", broadcast: true }, { kind: "broadcast" }],
  [
    "else unicast to MAC and new address",
    { type: "discover" },
    { kind: "neighbour", address: "10.77.0.11", mac: web01.mac },
  ],
  [
    "not to a ciaddr that lies",
    { type: "discover", ciaddr: "8.8.8.8" },
    { kind: "neighbour", address: "10.77.0.11", mac: web01.mac },
  ],
  ["a NAK by broadcast", { type: "request", ciaddr: "10.77.0.13" }, { kind: "broadcast" }],
  [
    "a NAK through the relay",
    { type: "request", requested: "10.9.9.9", giaddr: "10.77.0.200" },
    { kind: "relay", address: "10.77.0.200" },
  ],
  ["INFORM to the address in use", { type: "inform", ciaddr: "10.77.0.40" }, { kind: "client", address: "10.77.0.40" }],
] as readonly (readonly [string, Wish, object])[]) {
  test(`destination: ${what}`, (t) => {
    const reaction = ask(bookOf([lab]), wish);
    t.deepEqual("packet" in reaction ? reaction.destination : undefined, expected as never);
  });
}

test("a NAK through a relay carries the broadcast bit, and no address", (t) => {
  const reaction = ask(bookOf([lab]), { type: "request", requested: "10.9.9.9", giaddr: "10.77.0.200" });
  if (!("packet" in reaction)) return t.fail();
  t.true(reaction.packet.broadcast);
  t.is(reaction.packet.yiaddr, ip("0.0.0.0"));
  t.is(reaction.packet.giaddr, ip("10.77.0.200"));
});

test("never two machines on one address: a reservation waits until the other's lease has run out", async (t) => {
  const clock = createFakeClock(now);
  const squatter = { mac: stranger, address: web01.address, expiresAt: later };
  const book = createAddressBook({ policy: policyOf({}), leases: createMemoryLeases([squatter]), clock });
  t.is(said(ask(book, { type: "discover" })), "silence");
  t.is(said(ask(book, { type: "request", mac: stranger, ciaddr: "10.77.0.11" })), "nak");
  await clock.advance(10 * 60_000);
  t.is(said(ask(book, { type: "discover" })), "offer 10.77.0.11");
});

test("a reserved address inside the pool goes to nobody else", (t) => {
  const network = { ...lab, pool: { first: web01.address, last: web02.address } };
  t.is(said(ask(bookOf([network]), { type: "discover", mac: stranger, requested: "10.77.0.11" })), "silence");
  t.is(
    said(ask(bookOf([network]), { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.11" })),
    "nak",
  );
});

test("the server's and the router's own addresses are never given", (t) => {
  const network = {
    ...lab,
    subnet: subnet("10.77.0.0/30"),
    router: ip("10.77.0.2"),
    pool: { first: ip("10.77.0.0"), last: ip("10.77.0.3") },
  };
  t.is(said(ask(bookOf([network]), { type: "discover", mac: stranger })), "silence");
});

test("an offer keeps its address for 60 s, then it is free; another's choice of server frees it at once", async (t) => {
  const clock = createFakeClock(now);
  const network = { ...lab, pool: { first: ip("10.77.0.100"), last: ip("10.77.0.100") } };
  const book = createAddressBook({ policy: policyOf({ networks: [network] }), leases: createMemoryLeases(), clock });
  t.is(said(ask(book, { type: "discover", mac: stranger })), "offer 10.77.0.100");
  t.is(said(ask(book, { type: "discover", mac: guest })), "silence");
  await clock.advance(60_000);
  t.is(said(ask(book, { type: "discover", mac: guest })), "offer 10.77.0.100");
  ask(book, { type: "request", mac: guest, serverId: "10.77.0.9", requested: "10.77.0.200" });
  await clock.advance(1000);
  t.is(said(ask(book, { type: "discover", mac: stranger })), "offer 10.77.0.100");
});

test("a declined address rests for 5 minutes, the next one is offered", async (t) => {
  const clock = createFakeClock(now);
  const book = createAddressBook({ policy: policyOf({ networks: [pooled] }), leases: createMemoryLeases(), clock });
  ask(book, { type: "discover", mac: stranger, requested: "10.77.0.100" });
  t.is(said(ask(book, { type: "decline", mac: stranger, serverId: ours, requested: "10.77.0.100" })), "decline");
  t.not(said(ask(book, { type: "discover", mac: stranger, requested: "10.77.0.100" })), "offer 10.77.0.100");
  await clock.advance(5 * 60_000);
  t.is(said(ask(book, { type: "discover", mac: guest, requested: "10.77.0.100" })), "offer 10.77.0.100");
});

test("a wall clock that jumps ten years ahead frees no address that is in use", async (t) => {
  const clock = createFakeClock(now);
  const leases = createMemoryLeases();
  const book = createAddressBook({ policy: policyOf({ networks: [pooled] }), leases, clock });
  const reaction = ask(book, { type: "request", mac: guest, serverId: ours, requested: "10.77.0.100" });
  if (!("packet" in reaction) || !reaction.lease) return t.fail();
  await leases.commit(reaction.lease);
  committed(book, reaction.lease, lab.leaseSeconds);
  clock.stepWall(10 * 365 * 86_400_000);
  t.is(said(ask(book, { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.100" })), "nak");
  await clock.advance(lab.leaseSeconds * 1000);
  t.is(
    said(ask(book, { type: "request", mac: stranger, serverId: ours, requested: "10.77.0.100" })),
    "ack 10.77.0.100",
  );
});

test("both forms of client id are one machine with one address", (t) => {
  const book = bookOf([pooled]);
  const first = said(ask(book, { type: "discover", mac: guest }));
  const clientId = [option.clientId, Uint8Array.of(1, 2, 0, 0, 0, 0, 0x50)] as const;
  t.is(said(ask(book, { type: "discover", mac: guest, options: [clientId] })), first);
  t.is(
    said(ask(book, { type: "discover", mac: guest, options: [[option.clientId, Uint8Array.of(255, 1, 2, 3)]] })),
    first,
  );
});
