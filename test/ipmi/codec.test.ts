import test from "ava";
import fc from "fast-check";
import { decodeLanMessage, encodeLanMessage } from "../../src/ipmi/message.ts";
import { decodeOpenSessionResponse } from "../../src/ipmi/open-session.ts";
import { decodePacket } from "../../src/ipmi/packet.ts";
import { decodeRakp2, decodeRakp4 } from "../../src/ipmi/rakp-messages.ts";
import { encodeAsf } from "../../src/ipmi/rmcp.ts";
import { emptyWindow, type ReceiveWindow, receive } from "../../src/ipmi/window.ts";
import { WireError } from "../../src/wire/reader.ts";
import { bytesOf, hexOf } from "./recording.ts";

test("presence ping and pong are as ASF 2.0 draws them", (t) => {
  t.is(hexOf(encodeAsf({ kind: "asf-ping", tag: 9 })), "0600ff06000011be80090000");
  const pong = "0600ff06000011be40090010000011be00000000810000000000".padEnd(56, "0");
  t.is(hexOf(encodeAsf({ kind: "asf-pong", tag: 9, ipmi: true })), pong);
  t.deepEqual(decodePacket(bytesOf(pong)), { kind: "asf-pong", tag: 9, ipmi: true });
});

for (const [what, hex, message] of [
  ["nothing", "", "need 1 byte at offset 0, have 0"],
  ["another protocol", "0500ff07", "not RMCP version 1.0"],
  ["an RMCP acknowledge", "0600ff87", "RMCP class 0x87 is neither ASF nor IPMI"],
  ["a header without a session", "0600ff07", "need 1 byte at offset 4, have 0"],
  ["an IPMI 1.5 session", "0600ff0700010000000100000000", "an IPMI 1.5 session, which is not spoken here"],
  ["IPMI 1.5 with MD5", "0600ff0702", "authentication type 2 is not RMCP+"],
  ["a payload shorter than it says", "0600ff07061000000000000000002000aa", "need 32 bytes at offset 16, have 1"],
  ["signed but not encrypted", "0600ff0706400100000001000000", "signed or encrypted, not both"],
  ["a session's packet without protection", "0600ff07060001000000010000000000", "a packet of a session, unprotected"],
  ["a payload type unknown", "0600ff0706020000000000000000", "payload type 0x2 is unknown here"],
] as const) {
  test(`a datagram that is ${what} says so`, (t) => {
    t.throws(() => decodePacket(bytesOf(hex)), { instanceOf: WireError, message });
  });
}

for (const [what, hex] of [
  ["too short", "2018c88100"],
  ["with a wrong header checksum", "2018c98100388e04b5"],
  ["with a wrong checksum", "2018c88100388e04b6"],
] as const) {
  test(`an IPMI message ${what} is refused`, (t) => {
    t.throws(() => decodeLanMessage(bytesOf(hex)), { instanceOf: WireError });
  });
}

test("ipmitool's first message reads, and is written to the same bytes", (t) => {
  const message = decodeLanMessage(bytesOf("2018c88100388e04b5"));
  t.like(message, { to: 0x20, from: 0x81, netFn: 6, sequence: 0, command: 0x38 });
  t.is(hexOf(encodeLanMessage(message)), "2018c88100388e04b5");
});

test("ipmi_sim's refusal of a suite is two bytes long, and a refusal all the same", (t) => {
  const refused = { kind: "refused", status: 4 };
  t.deepEqual(decodeOpenSessionResponse(bytesOf("0104")), { tag: 1, consoleSessionId: undefined, outcome: refused });
  t.like(decodeRakp2(bytesOf("010d")), { tag: 1, outcome: { kind: "refused", status: 13 } });
  t.like(decodeRakp4(bytesOf("010f")), { tag: 1, status: 15 });
});

test("whatever arrives is read or refused with a WireError, never with another error", (t) => {
  const datagram = fc.uint8Array({ maxLength: 80 }).map((tail) => Uint8Array.of(0x06, 0, 0xff, 0x07, ...tail));
  fc.assert(
    fc.property(fc.oneof(datagram, fc.uint8Array({ maxLength: 80 })), (bytes) => {
      try {
        decodePacket(bytes);
      } catch (thrown) {
        if (!(thrown instanceof WireError)) throw thrown;
      }
    }),
  );
  t.pass();
});

test("a window takes each number once, late ones within 32, and never 0", (t) => {
  const taken: number[] = [];
  let window: ReceiveWindow = emptyWindow;
  for (const sequence of [0, 3, 3, 1, 2, 1, 40, 9, 8, 39, 40, 100, 69, 68, 0xffff_ffff]) {
    const next = receive(window, sequence);
    if (!next) continue;
    window = next;
    taken.push(sequence);
  }
  t.deepEqual(taken, [3, 1, 2, 40, 9, 39, 100, 69, 0xffff_ffff]);
});

test("in any order with any doubles, a window takes no number twice and all that are not too late", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60 }), (numbers) => {
      const taken = new Set<number>();
      let window: ReceiveWindow = emptyWindow;
      for (const number of numbers) {
        const next = receive(window, number);
        const expected = !taken.has(number) && number > window.highest - 32;
        if ((next !== undefined) !== expected) throw new Error(`${number} after ${[...taken]}`);
        window = next ?? window;
        if (next) taken.add(number);
      }
    }),
  );
  t.pass();
});
