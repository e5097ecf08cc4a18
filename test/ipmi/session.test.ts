import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import type { ProvisionError } from "../../src/errors.ts";
import type { Command } from "../../src/ipmi/command.ts";
import { chassisControl } from "../../src/ipmi/commands/chassis-control.ts";
import { getChassisStatus } from "../../src/ipmi/commands/get-chassis-status.ts";
import { getDeviceId } from "../../src/ipmi/commands/get-device-id.ts";
import { createSession, type SessionEvent, type SessionSettings } from "../../src/ipmi/session/state.ts";
import { step } from "../../src/ipmi/session/step.ts";
import { silentLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { createLine } from "../../src/sim/bmc-faults.ts";
import { type BmcFirmwareOptions, createBmcFirmware } from "../../src/sim/bmc-firmware.ts";
import { createNotedChassis } from "../sim/chassis.ts";

/*
 * The conversation, step by step, with the simulated BMC's firmware on the other end of a wire that is a list. No
 * socket and no waiting: when nothing is under way, the armed timer runs out. (That both halves speak IPMI and not
 * just to each other is shown against ipmi_sim and ipmitool.)
 */
interface Wire {
  /** Does the nth datagram (from 1, both directions counted) arrive? */
  arrives?(n: number, bytes: Uint8Array): boolean;
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

  const carry = (bytes: Uint8Array, deliver: (bytes: Uint8Array) => void, direction: "in" | "out") => {
    sent += 1;
    if (line.loses(direction) || !(wire.arrives?.(sent, bytes) ?? true)) return;
    for (let copy = wire.copies?.(sent) ?? 1; copy > 0; copy -= 1) deliver(bytes);
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
    const [data, once] = [command.encodeRequest(request), command.once?.(request) ?? false];
    const before = outcomes.length;
    feed({ kind: "request", request: { id, name, netFn, command: command.command, data, once } });
    let waitedMs = 0;
    while (outcomes.length === before) waitedMs += await runOut();
    await clock.advance(0);
    return { outcome: outcomes.at(-1), waitedMs, failure: failures.at(-1) };
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
  ["suite 0 only, others refused", { faults: { onlySuiteZero: "refuses" } }, {}, "bmc-suite-unsupported"],
  ["suite 0 answered where 17 was asked", { faults: { onlySuiteZero: "downgrades" } }, {}, "bmc-suite-downgraded"],
] as const) {
  test(`${why} is ${code}, at once`, async (t) => {
    const { ask } = talk({}, bmc, ours);
    t.like(await ask(status, undefined), { outcome: code, waitedMs: 0 });
  });
}

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

test("a late answer to the question before is not taken for this one's", async (t) => {
  const held: Uint8Array[] = [];
  const { ask, feed } = talk({
    arrives: (n, bytes) => {
      if (n === 12) held.push(bytes);
      return n !== 12;
    },
  });
  await ask(status, undefined);
  const [late] = held;
  const next = ask(getDeviceId as Command<unknown, unknown>, undefined);
  feed({ kind: "datagram", bytes: late as Uint8Array });
  t.is((await next).outcome, 0);
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
