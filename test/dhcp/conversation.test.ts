import test from "ava";
import fc from "fast-check";
import { createFakeClock, type FakeClock } from "../../src/clock.ts";
import { createConversation } from "../../src/dhcp/conversation.ts";
import type { Destination } from "../../src/dhcp/destination.ts";
import { type DhcpPacket, decodePacket, encodePacket } from "../../src/dhcp/packet.ts";
import type { DhcpEvent, DhcpNetwork, LeaseRecords } from "../../src/dhcp/policy.ts";
import { messageTypeOf } from "../../src/dhcp/request.ts";
import { createLog, type LogEntry, silentLog } from "../../src/log.ts";
import { ipv4FromNumber, macFromBytes } from "../../src/wire/addresses.ts";
import { createMemoryLeases, ip, lab, mac, policyOf, web01 } from "./lab.ts";
import { packetOf, type Wish } from "./requests.ts";

const ours = "10.77.0.1";
const pool = { first: ip("10.77.0.100"), last: ip("10.77.0.107") };
const pooled: DhcpNetwork = { ...lab, pool };

interface Stage {
  readonly clock: FakeClock;
  readonly leases: LeaseRecords;
  readonly sent: { packet: DhcpPacket; destination: Destination }[];
  readonly told: DhcpEvent[];
  readonly logged: LogEntry[];
  say(wish: Wish): Promise<void>;
  receive(bytes: Uint8Array): Promise<void>;
}

function stage(of: { network?: DhcpNetwork; leases?: LeaseRecords; onEvent?: (event: DhcpEvent) => void } = {}): Stage {
  const clock = createFakeClock();
  const leases = of.leases ?? createMemoryLeases();
  const sent: Stage["sent"] = [];
  const told: DhcpEvent[] = [];
  const logged: LogEntry[] = [];
  const conversation = createConversation({
    policy: policyOf({ networks: [of.network ?? lab] }),
    leases,
    clock,
    log: createLog((entry) => logged.push(entry)),
    onEvent: of.onEvent ?? ((event) => told.push(event)),
    send: (bytes, destination) => sent.push({ packet: decodePacket(bytes), destination }),
  });
  const receive = (bytes: Uint8Array) => conversation.receive(bytes, { interface: "lab0" });
  return { clock, leases, sent, told, logged, receive, say: (wish) => receive(encodePacket(packetOf(wish))) };
}

const kinds = ({ told }: Stage) => told.map((event) => event.kind);
const types = ({ sent }: Stage) => sent.map(({ packet }) => messageTypeOf(packet));

test("a whole exchange, as events tell it", async (t) => {
  const on = stage();
  await on.say({ type: "discover" });
  await on.say({ type: "request", serverId: ours, requested: "10.77.0.11" });
  t.deepEqual(kinds(on), ["discover", "offer", "request", "ack"]);
  t.deepEqual(types(on), ["offer", "ack"]);
  t.is(on.leases.byMac(web01.mac)?.address, web01.address);
  t.is(on.told.at(-1)?.client?.kind, "os");
});

test("no ACK before the lease is durable", async (t) => {
  const memory = createMemoryLeases();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const leases: LeaseRecords = {
    ...memory,
    commit: async (lease) => {
      order.push("commit begins");
      await gate.promise;
      await memory.commit(lease);
      order.push("commit done");
    },
  };
  const on = stage({ leases, onEvent: ({ kind }) => order.push(kind) });
  const asked = on.say({ type: "request", serverId: ours, requested: "10.77.0.11" });
  await Promise.resolve();
  t.deepEqual(types(on), []);
  gate.resolve();
  await asked;
  t.deepEqual(order, ["request", "commit begins", "commit done", "ack"]);
  t.deepEqual(types(on), ["ack"]);
});

test("a lease that can't be stored: silence, an error in the log, and the next try works", async (t) => {
  const memory = createMemoryLeases();
  let full = true;
  const commit: LeaseRecords["commit"] = (lease) =>
    full ? Promise.reject(new Error("database or disk is full")) : memory.commit(lease);
  const on = stage({ leases: { ...memory, commit } });
  const wish: Wish = { type: "request", serverId: ours, requested: "10.77.0.11" };
  await on.say(wish);
  t.deepEqual(types(on), []);
  t.is(on.told.at(-1)?.reason, "the lease could not be stored: database or disk is full");
  t.is(on.logged.find(({ level }) => level === "error")?.message, "dhcp: no ACK sent");
  full = false;
  await on.say(wish);
  t.deepEqual(types(on), ["ack"]);
});

test("while one machine's lease is being stored, nobody else gets the address", async (t) => {
  const memory = createMemoryLeases();
  const gate = Promise.withResolvers<void>();
  const on = stage({
    network: pooled,
    leases: { ...memory, commit: (lease) => gate.promise.then(() => memory.commit(lease)) },
  });
  const [first, second] = [mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02")];
  const asked = on.say({ type: "request", mac: first, serverId: ours, requested: "10.77.0.100" });
  await on.clock.advance(120_000);
  await on.say({ type: "request", mac: second, serverId: ours, requested: "10.77.0.100" });
  t.deepEqual(types(on), ["nak"]);
  gate.resolve();
  await asked;
  t.deepEqual(types(on), ["nak", "ack"]);
});

test("a release and a decline free the lease, without an answer", async (t) => {
  const on = stage();
  const take: Wish = { type: "request", serverId: ours, requested: "10.77.0.11" };
  await on.say(take);
  await on.say({ type: "release", serverId: ours, ciaddr: "10.77.0.11" });
  t.is(on.leases.byMac(web01.mac), undefined);
  await on.say(take);
  await on.say({ type: "decline", serverId: ours, requested: "10.77.0.11" });
  t.is(on.leases.byMac(web01.mac), undefined);
  t.deepEqual(types(on), ["ack", "ack"]);
  t.deepEqual(kinds(on).slice(-1), ["decline"]);
});

test("a machine that chooses another server is reported with that server's address", async (t) => {
  const on = stage();
  await on.say({ type: "request", serverId: "10.77.0.9", requested: "10.77.0.50" });
  t.deepEqual(
    on.told.map(({ kind, address }) => [kind, address]),
    [["foreign-server", ip("10.77.0.9")]],
  );
});

test("a listener that throws costs the machine nothing", async (t) => {
  const on = stage({
    onEvent: () => {
      throw new Error("dashboard gone");
    },
  });
  await on.say({ type: "discover" });
  t.deepEqual(types(on), ["offer"]);
});

test("iPXE's two DISCOVERs in a second are both answered; what asks without end is not", async (t) => {
  const on = stage();
  await on.say({ type: "discover" });
  await on.clock.advance(1000);
  await on.say({ type: "discover" });
  t.is(on.sent.length, 2);
  for (let count = 0; count < 100; count++) await on.say({ type: "discover" });
  t.true(on.sent.length < 20, `${on.sent.length} answers`);
  await on.clock.advance(5000);
  const before = on.sent.length;
  await on.say({ type: "discover" });
  t.is(on.sent.length, before + 1);
});

test("20 000 strangers: no answer, few words, and the known machine is served", async (t) => {
  const on = stage();
  for (let count = 0; count < 20_000; count++) {
    const bytes = Uint8Array.of(2, 0, 0, count >> 16, (count >> 8) & 255, count & 255);
    await on.say({ type: "discover", mac: macFromBytes(bytes) });
  }
  t.is(on.sent.length, 0);
  t.true(on.told.length <= 60, `${on.told.length} events`);
  t.true(on.logged.length <= 60, `${on.logged.length} lines`);
  await on.say({ type: "discover" });
  t.deepEqual(types(on), ["offer"]);
});

test("strangers that drain the pool take it from each other only", async (t) => {
  const on = stage({ network: { ...lab, pool: { first: ip("10.77.0.2"), last: ip("10.77.0.250") } } });
  for (let count = 0; count < 400; count++) {
    const stranger = macFromBytes(Uint8Array.of(2, 0, 0, 0, count >> 8, count & 255));
    await on.say({ type: "discover", mac: stranger });
  }
  await on.say({ type: "discover" });
  t.is(on.sent.at(-1)?.packet.yiaddr, web01.address);
});

test("any bytes leave the server alive: nothing rejects, and it serves on", async (t) => {
  const on = stage({ network: pooled });
  const valid = encodePacket(packetOf({ type: "discover" }));
  const mutated = fc
    .tuple(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(valid.length))
    .map(([changes, length]) => {
      const copy = valid.slice(0, length);
      for (const [at, value] of changes) if (at < length) copy[at] = value;
      return copy;
    });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 700 }), mutated), (bytes) => on.receive(bytes)),
    { numRuns: 2000 },
  );
  t.false(on.logged.some(({ message }) => message.includes("defect")));
  await on.clock.advance(60_000);
  await on.say({ type: "discover" });
  t.is(on.sent.at(-1)?.packet.yiaddr, web01.address);
});

/** Six machines, two of them reserved, over eight pool addresses and the reservations. */
const macs = [web01.mac, mac("52:54:00:77:00:02"), ...[1, 2, 3, 4].map((last) => mac(`02:00:00:00:00:0${last}`))];
const addresses = [
  ip("10.77.0.11"),
  ip("10.77.0.12"),
  ...Array.from({ length: 8 }, (_, at) => ipv4FromNumber(0x0a4d0064 + at)),
];

test("whatever is asked in whatever order, no two machines hold one address, nor anybody a reserved one", async (t) => {
  const wish = fc.record({
    type: fc.constantFrom("discover", "request", "request", "request", "release", "decline", "inform"),
    mac: fc.constantFrom(...macs),
    address: fc.constantFrom(...addresses),
    form: fc.constantFrom("selecting", "foreign", "init-reboot", "renewing"),
    waitMs: fc.constantFrom(0, 0, 1000, 61_000, 400_000),
    fails: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { minLength: 5, maxLength: 60 }), async (wishes) => {
      const memory = createMemoryLeases();
      let fails = false;
      const commit: LeaseRecords["commit"] = (lease) =>
        fails ? Promise.reject(new Error("full")) : memory.commit(lease);
      const on = stage({ network: pooled, leases: { ...memory, commit } });
      const held = new Map<string, { mac: string; untilMs: number }>();
      for (const each of wishes) {
        await on.clock.advance(each.waitMs);
        fails = each.fails;
        const before = on.sent.length;
        await on.say(wishOf(each));
        if (each.type === "release" || each.type === "decline") {
          const stillLeased = memory.byMac(each.mac);
          for (const [address, holder] of held) if (holder.mac === each.mac && !stillLeased) held.delete(address);
        }
        for (const { packet } of on.sent.slice(before)) note(packet, each.mac);
      }
      function note(packet: DhcpPacket, owner: string): void {
        if (messageTypeOf(packet) !== "ack" || packet.yiaddr === ip("0.0.0.0")) return;
        const nowMs = on.clock.monotonicMs();
        const holder = held.get(packet.yiaddr);
        if (holder && holder.untilMs > nowMs && holder.mac !== owner) throw new Error(`two on ${packet.yiaddr}`);
        const reserved = policyOf({}).reservationAt(packet.yiaddr)?.mac;
        if (reserved && reserved !== owner) throw new Error(`${packet.yiaddr} is reserved`);
        for (const [address, other] of held) if (other.mac === owner) held.delete(address);
        held.set(packet.yiaddr, { mac: owner, untilMs: nowMs + lab.leaseSeconds * 1000 });
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});

interface Roll {
  readonly type: Wish["type"];
  readonly mac: NonNullable<Wish["mac"]>;
  readonly address: string;
  readonly form: string;
}

function wishOf({ type, mac: asker, address, form }: Roll): Wish {
  if (type === "release") return { type, mac: asker, serverId: ours, ciaddr: address };
  if (type === "decline") return { type, mac: asker, serverId: ours, requested: address };
  if (type === "inform" || (type === "request" && form === "renewing")) return { type, mac: asker, ciaddr: address };
  if (type === "discover" || form === "init-reboot") return { type, mac: asker, requested: address };
  return { type, mac: asker, serverId: form === "foreign" ? "10.77.0.9" : ours, requested: address };
}

test("the silent log is enough: no listener, no log, still an answer", async (t) => {
  const sent: Uint8Array[] = [];
  const conversation = createConversation({
    policy: policyOf({}),
    leases: createMemoryLeases(),
    clock: createFakeClock(),
    log: silentLog,
    send: (bytes) => sent.push(bytes),
  });
  await conversation.receive(encodePacket(packetOf({ type: "discover" })), { interface: "lab0" });
  t.is(sent.length, 1);
});
