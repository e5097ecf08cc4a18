import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeLanMessage, type LanMessage } from "../../src/ipmi/message.ts";
import { decodeOpenSessionRequest, decodeOpenSessionResponse } from "../../src/ipmi/open-session.ts";
import { decodePacket, type Packet, type PayloadType } from "../../src/ipmi/packet.ts";
import { deriveKeys, type Exchange } from "../../src/ipmi/rakp.ts";
import { decodeRakp1, decodeRakp2 } from "../../src/ipmi/rakp-messages.ts";
import { unseal } from "../../src/ipmi/seal.ts";
import { suiteByAlgorithms } from "../../src/ipmi/suites.ts";
import { Secret } from "../../src/secret.ts";

/** A recorded conversation between other people's IPMI tools; its file says whose. */
export interface Recording {
  readonly origin: string;
  readonly suite: number;
  readonly user: string;
  readonly password: string;
  readonly packets: readonly { readonly from: "console" | "bmc"; readonly hex: string }[];
}

export function readRecording(name: "suite3" | "suite17"): Recording {
  const file = join(import.meta.dirname, "..", "captures", "ipmi", `${name}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as Recording;
}

export const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The payload of the first packet of this type; fails loudly when there is none. */
export function payloadOf(recording: Recording, type: PayloadType): Uint8Array {
  const found = recording.packets.map(({ hex }) => decodePacket(bytesOf(hex))).find(isSetup(type));
  if (!found) throw new Error(`the recording has no ${type}`);
  return found.payload;
}

const isSetup =
  (type: PayloadType) =>
  (packet: Packet): packet is Packet & { kind: "setup" } =>
    packet.kind === "setup" && packet.payloadType === type;

/** What both sides knew after RAKP 2. */
export function exchangeOf(recording: Recording): Exchange {
  const request = decodeOpenSessionRequest(payloadOf(recording, "open-session-request"));
  const opened = decodeOpenSessionResponse(payloadOf(recording, "open-session-response")).outcome;
  const rakp1 = decodeRakp1(payloadOf(recording, "rakp-1"));
  const rakp2 = decodeRakp2(payloadOf(recording, "rakp-2")).outcome;
  const suite = suiteByAlgorithms(request.algorithms);
  if (!suite || opened.kind !== "accepted" || rakp2.kind !== "accepted") throw new Error("no good login in it");
  const { consoleRandom, role, user } = rakp1;
  const { bmcRandom, guid } = rakp2;
  const ids = { consoleSessionId: request.consoleSessionId, bmcSessionId: opened.bmcSessionId };
  return { suite, ...ids, consoleRandom, bmcRandom, guid, role, user, password: new Secret(recording.password) };
}

/** The messages inside the session, decrypted. */
export function messagesOf(recording: Recording): readonly { from: "console" | "bmc"; message: LanMessage }[] {
  const keys = deriveKeys(exchangeOf(recording));
  return recording.packets.flatMap(({ from, hex }) => {
    const packet = decodePacket(bytesOf(hex));
    return packet.kind === "sealed" ? [{ from, message: decodeLanMessage(unseal(packet.session, keys).payload) }] : [];
  });
}
