import test from "ava";
import fc from "fast-check";
import { decodeOptions, encodeOptions, option } from "../../src/dhcp/options.ts";
import { decodePacket, encodePacket } from "../../src/dhcp/packet.ts";
import { parseRequest } from "../../src/dhcp/request.ts";
import { encoded } from "../../src/dhcp/values.ts";
import { WireError } from "../../src/wire/reader.ts";
import { hex, packetOf } from "./requests.ts";

const discover = encodePacket(packetOf({ type: "discover" }));
const withOptions = (digits: string) => new Uint8Array([...discover.subarray(0, 240), ...hex(digits)]);
const changed = (offset: number, ...bytes: number[]) => {
  const copy = discover.slice();
  copy.set(bytes, offset);
  return copy;
};

for (const [what, datagram, complaint] of [
  ["nothing", new Uint8Array(), /need 1 byte at offset 0/],
  ["a header without cookie", discover.subarray(0, 236), /need 4 bytes at offset 236/],
  ["a bad magic cookie", changed(236, 1, 2, 3, 4), /magic cookie is 1020304/],
  ["plain BOOTP (no options)", changed(236, 0, 0, 0, 0), /magic cookie/],
  ["op 3", changed(0, 3), /op is 3/],
  ["a hardware address of 17 bytes", changed(2, 17), /17 bytes/],
  ["an option over the end", withOptions("35 01 01 3c ff 61 62"), /need 255 bytes/],
  ["an option that is only its code", withOptions("35 01 01 3c"), /need 1 byte/],
  ["overload 4", withOptions("34 01 04 ff"), /option 52/],
  ["overload of two bytes", withOptions("34 02 01 01 ff"), /option 52/],
  ["5000 bytes", new Uint8Array(5000), /5000 bytes are too many/],
] as const) {
  test(`refuses ${what}`, (t) => {
    t.throws(() => decodePacket(datagram), { instanceOf: WireError, message: complaint });
  });
}

for (const [what, datagram, complaint] of [
  ["a packet without message type", withOptions("ff"), /message type unknown/],
  ["an unknown message type", withOptions("35 01 63 ff"), /message type unknown/],
  ["a server's message type", withOptions("35 01 02 ff"), /message type offer/],
  ["a message type of two bytes", withOptions("35 02 01 01 ff"), /option 53 has 2 bytes/],
  ["a reply", changed(0, 2), /a reply/],
  ["another link than Ethernet", changed(1, 6), /not from Ethernet/],
  ["a hardware address of 8 bytes", changed(2, 8), /not from Ethernet/],
  ["a group's hardware address", changed(28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), /group/],
  ["a requested address of 3 bytes", withOptions("35 01 03 32 03 0a 4d 00 ff"), /option 50 has 3 bytes, not 4/],
  ["a server id of 5 bytes", withOptions("35 01 03 36 05 0a 4d 00 01 00 ff"), /option 54 has 5 bytes/],
  ["a maximum size of 1 byte", withOptions("35 01 01 39 01 05 ff"), /option 57 has 1 bytes/],
] as const) {
  test(`refuses as a request: ${what}`, (t) => {
    const packet = decodePacket(datagram);
    t.throws(() => parseRequest(packet), { instanceOf: WireError, message: complaint });
  });
}

test("forgives a missing END, PAD between options, and bytes behind END", (t) => {
  for (const digits of ["35 01 01", "00 00 35 01 01 00 00", "35 01 01 ff 3c ff"]) {
    t.is(parseRequest(decodePacket(withOptions(digits))).type, "discover", digits);
  }
});

test("overload: options go on in file, then in sname, and repeated codes are joined in that order", (t) => {
  const datagram = withOptions("35 01 01 34 01 03 0c 02 61 62 ff");
  datagram.set(hex("0c 02 63 64 ff"), 108);
  datagram.set(hex("0c 02 65 66 43 01 78 ff"), 44);
  const packet = decodePacket(datagram);
  t.is(Buffer.from(packet.options.get(option.hostName)!).toString(), "abcdef");
  t.deepEqual(packet.options.get(option.bootFile), encoded.text("x"));
  t.is(packet.file + packet.sname, "");
  t.false(packet.options.has(option.overload));
});

test("overload 1 leaves sname a text, overload 2 leaves file one", (t) => {
  for (const [overload, sname, file] of [
    [1, "server", ""],
    [2, "", "loader"],
  ] as const) {
    const datagram = withOptions(`35 01 01 34 01 0${overload} ff`);
    datagram.set(overload === 1 ? encoded.text("server") : hex("ff"), 44);
    datagram.set(overload === 2 ? encoded.text("loader") : hex("ff"), 108);
    const packet = decodePacket(datagram);
    t.deepEqual([packet.sname, packet.file], [sname, file]);
  }
});

test("a length that runs from file into sname is refused", (t) => {
  const datagram = withOptions("35 01 01 34 01 01 ff");
  datagram.set(hex("0c 80"), 108);
  t.throws(() => decodePacket(datagram), { instanceOf: WireError });
});

test("a value over 255 bytes is split and joined again (RFC 3396)", (t) => {
  const long = Uint8Array.from({ length: 600 }, (_, at) => at & 0xff);
  const wire = encodeOptions(new Map([[option.bootFile, long]]));
  t.deepEqual([wire[0], wire[1], wire[257], wire[258], wire[514], wire[515]], [67, 255, 67, 255, 67, 90]);
  t.deepEqual(decodeOptions([wire]).get(option.bootFile), long);
});

test("an empty option keeps its place", (t) => {
  t.deepEqual(encodeOptions(new Map([[option.ipxe, new Uint8Array()]])), hex("af 00 ff"));
});

test("any bytes: a packet or a WireError, nothing else", (t) => {
  const decode = (bytes: Uint8Array) => {
    try {
      parseRequest(decodePacket(bytes));
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
    }
  };
  const tail = fc.uint8Array({ maxLength: 400 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), decode), { numRuns: 500 });
  fc.assert(
    fc.property(tail, (bytes) => decode(new Uint8Array([...discover.subarray(0, 240), ...bytes]))),
    { numRuns: 1500 },
  );
  fc.assert(
    fc.property(fc.nat(discover.length - 1), fc.nat(255), (at, value) => decode(changed(at, value))),
    { numRuns: 500 },
  );
  t.pass();
});
