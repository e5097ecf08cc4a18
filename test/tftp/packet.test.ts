import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { decode, encode, type TftpPacket } from "../../src/tftp/packet.ts";
import { WireError } from "../../src/wire/reader.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const ascii = (text: string) => Buffer.from(text, "latin1").toString("hex");

/**
 * Requests as sent by firmware in QEMU 7.2 (recorded from SeaBIOS with iPXE, PXELINUX 6.04, OVMF 2022.11, shim 16.1,
 * GRUB 2.06 netbooting from dnsmasq in a closed network); test/captures/tftp-requests.txt holds one per line, in hex.
 */
const captured: readonly [who: string, file: string, options: readonly (readonly [string, string])[]][] = [
  [
    "iPXE",
    "bootnetx64.efi",
    [
      ["blksize", "1432"],
      ["tsize", "0"],
    ],
  ],
  [
    "OVMF, asking for the size",
    "bootnetx64.efi",
    [
      ["tsize", "0"],
      ["blksize", "1468"],
      ["windowsize", "4"],
    ],
  ],
  [
    "OVMF, asking again",
    "bootnetx64.efi",
    [
      ["blksize", "1468"],
      ["windowsize", "4"],
    ],
  ],
  [
    "shim",
    "grubx64.efi",
    [
      ["blksize", "512"],
      ["windowsize", "4"],
    ],
  ],
  [
    "GRUB",
    "/debian-installer/amd64/grub/grub.cfg",
    [
      ["blksize", "1024"],
      ["tsize", "0"],
    ],
  ],
  [
    "PXELINUX",
    "pxelinux.cfg/01-52-54-00-77-00-01",
    [
      ["tsize", "0"],
      ["blksize", "1408"],
    ],
  ],
];

const captures = readFileSync(join(import.meta.dirname, "../captures/tftp-requests.txt"), "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"));

test("every captured request has its row", (t) => t.is(captures.length, captured.length));

for (const [index, [who, file, options]] of captured.entries()) {
  test(`reads the request of ${who}`, (t) => {
    const bytes = hex(captures[index] as string);
    const packet = decode(bytes);
    t.deepEqual(packet, { kind: "read", file, mode: "octet", options });
    t.deepEqual(encode(packet), bytes);
  });
}

const good: readonly [what: string, bytes: string, packet: TftpPacket][] = [
  ["DATA, block 258", "0003 0102 6162", { kind: "data", block: 258, payload: hex("6162") }],
  ["DATA, empty", "0003 ffff", { kind: "data", block: 65535, payload: hex("") }],
  ["ACK", "0004 0000", { kind: "ack", block: 0 }],
  ["ERROR", `0005 0001 ${ascii("gone")} 00`, { kind: "error", code: 1, message: "gone" }],
  ["OACK", `0006 ${ascii("tsize")} 00 3132 00`, { kind: "option-ack", options: [["tsize", "12"]] }],
  ["WRQ", `0002 6600 ${ascii("octet")} 00`, { kind: "write", file: "f", mode: "octet", options: [] }],
];

for (const [what, bytes, packet] of good) {
  test(`${what}: both ways`, (t) => {
    t.deepEqual(decode(hex(bytes)), packet);
    t.deepEqual(encode(packet), hex(bytes));
  });
}

const lenient: readonly [what: string, bytes: string, packet: TftpPacket][] = [
  ["an ERROR whose text doesn't end", "0005 0008 6162", { kind: "error", code: 8, message: "ab" }],
  ["an ERROR without text", "0005 0000", { kind: "error", code: 0, message: "" }],
  ["a mode in capitals", `0001 6600 ${ascii("OCTET")} 00`, { kind: "read", file: "f", mode: "octet", options: [] }],
];

for (const [what, bytes, packet] of lenient) {
  test(`reads ${what}`, (t) => t.deepEqual(decode(hex(bytes)), packet));
}

for (const [what, bytes] of [
  ["nothing", ""],
  ["one byte", "00"],
  ["an opcode of its own", "0007 0000"],
  ["an ACK without a block", "0004 00"],
  ["an ERROR without a code", "0005 00"],
  ["a request without a mode", "0001 6600"],
  ["a request whose mode doesn't end", "0001 6600 6f63"],
  ["an option without a value", `0001 6600 ${ascii("octet")} 00 ${ascii("tsize")} 00`],
] as const) {
  test(`refuses ${what}`, (t) => {
    t.throws(() => decode(hex(bytes)), { instanceOf: WireError });
  });
}
