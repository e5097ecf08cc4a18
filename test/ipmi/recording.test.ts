import test from "ava";
import { decodeLanMessage, encodeLanMessage } from "../../src/ipmi/message.ts";
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from "../../src/ipmi/open-session.ts";
import { decodePacket, encodePlain, encodeSetup } from "../../src/ipmi/packet.ts";
import { deriveKeys, rakp2Code, rakp3Code, rakp4Check } from "../../src/ipmi/rakp.ts";
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
} from "../../src/ipmi/rakp-messages.ts";
import { seal, unseal } from "../../src/ipmi/seal.ts";
import { Secret } from "../../src/secret.ts";
import { WireError } from "../../src/wire/reader.ts";
import { bytesOf, exchangeOf, hexOf, messagesOf, payloadOf, readRecording } from "./recording.ts";

for (const name of ["suite3", "suite17"] as const) {
  const recording = readRecording(name);
  const exchange = exchangeOf(recording);

  test(`${name}: the BMC's proof in RAKP 2 is what we compute`, (t) => {
    const { outcome } = decodeRakp2(payloadOf(recording, "rakp-2"));
    t.is(outcome.kind === "accepted" && hexOf(outcome.code), hexOf(rakp2Code(exchange)));
  });

  test(`${name}: with another password it is not`, (t) => {
    const wrong = { ...exchange, password: new Secret(`${recording.password}x`) };
    t.not(hexOf(rakp2Code(wrong)), hexOf(rakp2Code(exchange)));
  });

  test(`${name}: ipmitool's proof in RAKP 3 is what we compute`, (t) => {
    t.is(hexOf(decodeRakp3(payloadOf(recording, "rakp-3")).code), hexOf(rakp3Code(exchange)));
  });

  test(`${name}: the check value of RAKP 4 is what we compute`, (t) => {
    t.is(hexOf(decodeRakp4(payloadOf(recording, "rakp-4")).check), hexOf(rakp4Check(exchange)));
  });

  test(`${name}: every packet of the session opens, and sealed again with its own IV is the same bytes`, (t) => {
    const keys = deriveKeys(exchange);
    let count = 0;
    for (const { hex } of recording.packets) {
      const packet = decodePacket(bytesOf(hex));
      if (packet.kind !== "sealed") continue;
      const opened = unseal(packet.session, keys);
      const ivOffset = 4 + 12;
      t.is(hexOf(seal(opened, keys, bytesOf(hex).slice(ivOffset, ivOffset + 16))), hex);
      t.deepEqual(encodeLanMessage(decodeLanMessage(opened.payload)), opened.payload);
      count += 1;
    }
    t.true(count > 10, `only ${count} packets`);
  });

  test(`${name}: a packet with any one bit turned does not open`, (t) => {
    const keys = deriveKeys(exchange);
    const sealed = recording.packets.map(({ hex }) => decodePacket(bytesOf(hex))).find(({ kind }) => kind === "sealed");
    if (sealed?.kind !== "sealed") return t.fail("no sealed packet");
    for (let index = 0; index < sealed.session.length; index += 1) {
      const bent = Uint8Array.from(sealed.session, (byte, at) => (at === index ? byte ^ 0x04 : byte));
      t.throws(() => unseal(bent, keys), { instanceOf: WireError }, `byte ${index}`);
    }
  });

  test(`${name}: the messages before the session are encoded to the same bytes`, (t) => {
    const again = recording.packets.flatMap(({ hex }) => {
      const packet = decodePacket(bytesOf(hex));
      if (packet.kind === "plain") return [[hex, hexOf(encodePlain(packet.payload))]];
      if (packet.kind !== "setup") return [];
      const encoded = reencode[packet.payloadType]?.(packet.payload);
      return encoded ? [[hex, hexOf(encodeSetup(packet.payloadType, encoded))]] : [];
    });
    t.true(again.length >= 8, `only ${again.length}`);
    for (const [theirs, ours] of again) t.is(ours, theirs);
  });
}

const reencode: Record<string, (payload: Uint8Array) => Uint8Array> = {
  ipmi: (payload) => payload,
  "open-session-request": (payload) => encodeOpenSessionRequest(decodeOpenSessionRequest(payload)),
  "open-session-response": (payload) => encodeOpenSessionResponse(decodeOpenSessionResponse(payload)),
  "rakp-1": (payload) => encodeRakp1(decodeRakp1(payload)),
  "rakp-2": (payload) => encodeRakp2(decodeRakp2(payload)),
  "rakp-3": (payload) => encodeRakp3(decodeRakp3(payload)),
  "rakp-4": (payload) => encodeRakp4(decodeRakp4(payload)),
};

test("what ipmitool said inside the session reads as it was typed: chassis bootdev pxe", (t) => {
  const said = messagesOf(readRecording("suite3")).map(
    ({ from, message: { netFn, command, data } }) => `${from} ${netFn}/${command.toString(16)} ${hexOf(data)}`,
  );
  t.true(said.includes("console 6/3b 04"), "set session privilege level: administrator");
  t.true(said.includes("console 0/8 058004000000"), "boot flags: valid, once, pxe");
  t.true(said.includes("bmc 1/8 00"), "done");
});
