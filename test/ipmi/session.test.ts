import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import type { ProvisionError } from "../../src/errors.ts";
import type { Command } from "../../src/ipmi/command.ts";
import { chassisControl } from "../../src/ipmi/commands/chassis-control.ts";
import { getChannelAuthentication } from "../../src/ipmi/commands/get-channel-authentication.ts";
import { getChassisStatus } from "../../src/ipmi/commands/get-chassis-status.ts";
import { decodeLanMessage, encodeLanMessage } from "../../src/ipmi/message.ts";
import { encodeOpenSessionResponse } from "../../src/ipmi/open-session.ts";
import { decodePacket, encodePlain, encodeSetup } from "../../src/ipmi/packet.ts";
import { createSession, type SessionEvent, type SessionSettings } from "../../src/ipmi/session/state.ts";
import { step } from "../../src/ipmi/session/step.ts";
import { silentLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { createLine } from "../../src/sim/bmc-faults.ts";
import { type BmcFirmwareOptions, createBmcFirmware } from "../../src/sim/bmc-firmware.ts";
import { createNotedChassis } from "../sim/chassis.ts";
import { hexOf } from "./recording.ts";

/*
 * The conversation, step by step, with the simulated BMC's firmware on the other end of a wire that is a list. No
 * socket and no waiting: when nothing is under way, the armed timer runs out. (That both halves speak IPMI and not
 * just to each other is shown against ipmi_sim and ipmitool.)
 */
interface Wire {
  /** Does the nth datagram (from 1, both directions counted) arrive? */
  arrives?(n: number, bytes: Uint8Array): boolean;
  /** What arrives in its place. */
  alter?(bytes: Uint8Array): Uint8Array;
  /** How often the nth arrives. */
  copies?(n: number): number;
}

const settings: SessionSettings = {
  bmc: { name: "web01", address: "192.0.2.9", port: 623 },
  user: "admin",
  password: new Secret("secret"),
  suites: [17, 3],
  privilege: "administrator",
  firstTimeoutMs: 1000,
  attempts: 4,
  keepAliveMs: 25_000,
};

function talk(wire: Wire = {}, bmc: Partial<BmcFirmwareOptions> = {}, ours: Partial<SessionSettings> = {}) {
  const clock = createFakeClock();
  const chassis = createNotedChassis();
  const firmware = createBmcFirmware({
    user: "admin",
    password: settings.password,
    chassis,
    clock,
    log: silentLog,
    ...bmc,
  });
  const line = createLine(bmc.faults ?? {});
  const outcomes: (string | number)[] = [];
  const suites: number[] = [];
  let state = createSession({ ...settings, ...ours }, clock.randomBytes(settings.attempts * 8));
  let sent = 0;
  let armedMs: number | undefined;
  let lastId = 0;
  let data: Uint8Array = new Uint8Array(0);

  const carry = (bytes: Uint8Array, deliver: (bytes: Uint8Array) => void, direction: "in" | "out") => {
    sent += 1;
    if (line.loses(direction) || !(wire.arrives?.(sent, bytes) ?? true)) return;
    const arrived = wire.alter?.(bytes) ?? bytes;
    for (let copy = wire.copies?.(sent) ?? 1; copy > 0; copy -= 1) deliver(arrived);
  };
  const feed = (event: SessionEvent) => {
    const [next, effects] = step(state, event);
    state = next;
    const datagrams: Uint8Array[] = [];
    for (const effect of effects) {
      if (effect.kind === "send") datagrams.push(effect.bytes);
      if (effect.kind === "arm") armedMs = effect.ms;
      if (effect.kind === "disarm") armedMs = undefined;
      if (effect.kind === "answered") outcomes.push(effect.completion);
      if (effect.kind === "answered") data = effect.data;
      if (effect.kind === "failed") outcomes.push(effect.error.code);
      if (effect.kind === "failed") failures.push(effect.error);
      if (effect.kind === "opened") suites.push(effect.suite);
    }
    for (const datagram of datagrams) {
      carry(
        datagram,
        (heard) => {
          const reply = firmware.answer(heard);
          if (reply) carry(reply, (bytes) => feed({ kind: "datagram", bytes }), "out");
        },
        "in",
      );
    }
  };
  const failures: ProvisionError[] = [];
  const runOut = async () => {
    const ms = armedMs ?? 0;
    armedMs = undefined;
    await clock.advance(ms);
    feed({ kind: "timeout" });
    return ms;
  };
  const ask = async <Request>(command: Command<Request, unknown>, request: Request) => {
    const [id, { netFn, name }] = [++lastId, command];
    const [asked, once] = [command.encodeRequest(request), command.once?.(request) ?? false];
    const before = outcomes.length;
    feed({ kind: "request", request: { id, name, netFn, command: command.command, data: asked, once } });
    let waitedMs = 0;
    while (outcomes.length === before) waitedMs += await runOut();
    await clock.advance(0);
    return { outcome: outcomes.at(-1), data, waitedMs, failure: failures.at(-1) };
  };
  return {
    ask,
    feed,
    runOut,
    firmware,
    powered: chassis.noted,
    suites,
    sent: () => sent,
    phase: () => state.phase.kind,
  };
}

const status = getChassisStatus as Command<unknown, unknown>;

test("a login and a question: capabilities, open session, RAKP 1–4, privilege, question", async (t) => {
  const { ask, sent, suites } = talk();
  t.like(await ask(status, undefined), { outcome: 0, waitedMs: 0 });
  t.deepEqual([sent(), suites], [12, [17]]);
  await ask(status, undefined);
  t.is(sent(), 14, "the next question needs no login");
});

for (let lost = 1; lost <= 12; lost += 1) {
  test(`datagram ${lost} of the twelve is lost: answered all the same`, async (t) => {
    const { ask, sent } = talk({ arrives: (n) => n !== lost });
    t.is((await ask(status, undefined)).outcome, 0);
    t.true(sent() >= 12);
  });
  test(`datagram ${lost} of the twelve comes twice: answered once`, async (t) => {
    const { ask } = talk({ copies: (n) => (n === lost ? 2 : 1) });
    t.is((await ask(status, undefined)).outcome, 0);
    t.is((await ask(status, undefined)).outcome, 0);
  });
}

for (const n of [3, 4, 5, 7]) {
  test(`of every ${n} datagrams one is lost: twenty questions are answered`, async (t) => {
    const { ask } = talk({}, { faults: { dropEvery: n } }, { attempts: 6 });
    for (let count = 0; count < 20; count += 1) t.is((await ask(status, undefined)).outcome, 0);
  });
}

test("a silent BMC is unreachable after all attempts, and says how long they took", async (t) => {
  const { ask, sent } = talk({}, { faults: { silent: true } });
  const end = await ask(status, undefined);
  t.like(end, { outcome: "bmc-unreachable", waitedMs: 8125 });
  t.is(sent(), 4);
  t.is(end.failure?.message, "BMC 192.0.2.9 did not answer within 8125 ms");
  t.is(end.failure?.hint, "Check that UDP 623 of 192.0.2.9 is open from here; then run: provision bmc ping web01");
});

test("what the network said explains the silence", async (t) => {
  const { ask, feed } = talk({}, { faults: { silent: true } });
  const end = ask(status, undefined);
  feed({ kind: "trouble", reason: "port unreachable" });
  t.is((await end).failure?.message, "BMC 192.0.2.9 did not answer within 8125 ms (port unreachable)");
});

test("a BMC that is deaf for three packets is waited for", async (t) => {
  const { ask } = talk({}, { faults: { deafForPackets: 3 } });
  t.like(await ask(status, undefined), { outcome: 0, waitedMs: 4750 });
});

for (const [why, bmc, ours, code] of [
  ["wrong password", {}, { password: new Secret("wrong") }, "bmc-password-refused"],
  ["unknown user", {}, { user: "nobody" }, "bmc-user-unknown"],
  ["a user who is no administrator", { privilege: "operator" }, {}, "bmc-privilege-too-low"],
  [
    "the same, told only after the login",
    { privilege: "operator", faults: { limitsLate: true } },
    {},
    "bmc-privilege-too-low",
  ],
  ["suite 0 only, others refused", { faults: { onlySuiteZero: "refuses" } }, {}, "bmc-suite-unsupported"],
  ["suite 0 answered where 17 was asked", { faults: { onlySuiteZero: "downgrades" } }, {}, "bmc-suite-downgraded"],
] as const) {
  test(`${why} is ${code}, at once`, async (t) => {
    const { ask } = talk({}, bmc, ours);
    t.like(await ask(status, undefined), { outcome: code, waitedMs: 0 });
  });
}

/** The last bit of this message's proof is turned on its way. */
const bend = (payloadType: number) => (bytes: Uint8Array) =>
  bytes[5] === payloadType ? Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)) : bytes;
const bendRakp3 = bend(0x14);
const bendRakp4 = bend(0x15);

/** As if it had a BMC-wide key: its answer about authentication says so. */
function setKey(bytes: Uint8Array): Uint8Array {
  const packet = decodePacket(bytes);
  if (packet.kind !== "plain") return bendRakp4(bytes);
  const message = decodeLanMessage(packet.payload);
  if (message.netFn !== 7) return bytes;
  const data = getChannelAuthentication.encodeResponse({ channel: 1, ipmi2: true, keySet: true });
  return encodePlain(encodeLanMessage({ ...message, data: Uint8Array.of(0, ...data) }));
}

for (const [what, alter] of [
  ["a BMC that doesn't make the same keys", bendRakp4],
  ["a BMC that doesn't take our proof", bendRakp3],
] as const) {
  test(`${what} is left after three logins`, async (t) => {
    const { ask, suites, sent } = talk({ alter });
    const end = await ask(status, undefined);
    t.is(end.outcome, "bmc-session-refused");
    t.regex(end.failure?.message ?? "", /a check value does not match/);
    t.deepEqual([suites, sent()], [[], 3 * 8]);
  });
}

test("a refusal with another tag, of another time or from a stranger, is passed over", async (t) => {
  const outcome = { kind: "refused", status: 1 } as const;
  const response = encodeOpenSessionResponse({ tag: 0xee, consoleSessionId: undefined, outcome });
  const rig = talk({
    arrives: (n) => {
      if (n === 3) rig.feed({ kind: "datagram", bytes: encodeSetup("open-session-response", response) });
      return true;
    },
  });
  t.is((await rig.ask(status, undefined)).outcome, 0);
});

test("if it said before that it has a BMC-wide key, that is the reason", async (t) => {
  const { ask } = talk({ alter: setKey });
  t.is((await ask(status, undefined)).outcome, "bmc-key-required");
});

test("maximum privilege 0 in the Open Session Response is let pass", async (t) => {
  const { ask } = talk({}, { faults: { privilegeZero: true } });
  t.is((await ask(status, undefined)).outcome, 0);
});

test("an operator's session is enough for one who asks for no more", async (t) => {
  const { ask } = talk({}, { privilege: "operator" }, { privilege: "operator" });
  t.is((await ask(status, undefined)).outcome, 0);
});

test("a BMC that was reset has forgotten us: logged in again, asked again", async (t) => {
  const { ask, firmware, suites } = talk();
  await ask(status, undefined);
  firmware.forgetSessions();
  t.like(await ask(status, undefined), { outcome: 0, waitedMs: 8125 });
  t.deepEqual(suites, [17, 17]);
});

test("a session that is idle is kept alive, for longer than a BMC would keep it by itself", async (t) => {
  const { ask, runOut, sent } = talk();
  await ask(status, undefined);
  for (let count = 0; count < 4; count += 1) t.is(await runOut(), 25_000);
  t.is(sent(), 12 + 8, "four questions and answers");
  t.like(await ask(status, undefined), { outcome: 0, waitedMs: 0 });
});

test("power on is sent again when its answer is lost, and powers once", async (t) => {
  const { ask, powered } = talk({ arrives: (n) => n !== 14 });
  await ask(status, undefined);
  t.is((await ask(chassisControl as Command<unknown, unknown>, { action: "on" })).outcome, 0);
  t.deepEqual(powered, ["on none bios"]);
});

test("a reset is not sent again when its answer is lost: that is told instead", async (t) => {
  const { ask, powered, phase } = talk({ arrives: (n) => n !== 16 });
  const control = chassisControl as Command<unknown, unknown>;
  await ask(status, undefined);
  await ask(control, { action: "on" });
  const end = await ask(control, { action: "reset" });
  t.like(end, { outcome: "bmc-answer-lost", waitedMs: 8125 });
  t.is(end.failure?.retry, false);
  t.deepEqual(powered, ["on none bios", "reset none bios"]);
  t.is(phase(), "ready");
  t.is((await ask(status, undefined)).outcome, 0);
});

test("a late answer to an earlier question is not taken for this one's", async (t) => {
  let late: Uint8Array | undefined;
  const rig = talk({
    arrives: (n, bytes) => {
      if (n === 12) late = bytes;
      if (n === 17 && late) rig.feed({ kind: "datagram", bytes: late });
      return n !== 12;
    },
  });
  t.is(hexOf((await rig.ask(status, undefined)).data), "000040", "off");
  await rig.ask(chassisControl as Command<unknown, unknown>, { action: "on" });
  t.is(hexOf((await rig.ask(status, undefined)).data), "010040", "on");
});

test("close tells the BMC, which then has the slot free", async (t) => {
  const { ask, feed, phase, sent } = talk();
  await ask(status, undefined);
  feed({ kind: "close" });
  t.deepEqual([phase(), sent()], ["idle", 14]);
});

test("junk from the network changes nothing", async (t) => {
  const { ask, feed, phase } = talk();
  feed({ kind: "datagram", bytes: new Uint8Array(0) });
  feed({ kind: "datagram", bytes: Uint8Array.of(6, 0, 255, 7, 6, 0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9) });
  t.is((await ask(status, undefined)).outcome, 0);
  feed({ kind: "datagram", bytes: new Uint8Array(300).fill(6) });
  t.is(phase(), "ready");
});
