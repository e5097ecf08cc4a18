import test from "ava";
import { Reader, WireError } from "../../src/wire/reader.ts";
import { Writer } from "../../src/wire/writer.ts";

test("what the writer wrote in network order is on the wire in network order", (t) => {
  const bytes = new Writer().u8(1).u16(0x0203).u32(0x04050607).u16le(0x0908).u32le(0x0d0c0b0a).cString("hi").finish();
  t.deepEqual([...bytes], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 104, 105, 0]);
  const reader = new Reader(bytes);
  t.is(reader.u8(), 1);
  t.is(reader.u16(), 0x0203);
  t.is(reader.u32(), 0x04050607);
  t.is(reader.u16le(), 0x0908);
  t.is(reader.u32le(), 0x0d0c0b0a);
  t.is(reader.cString(), "hi");
  t.is(reader.remaining, 0);
});

test("a read past the end says where and how much", (t) => {
  const reader = new Reader(new Uint8Array(239));
  reader.skip(238);
  t.throws(() => reader.u16(), { instanceOf: WireError, message: "need 2 bytes at offset 238, have 1" });
  t.is(reader.offset, 238);
});

test("text without its NUL is refused", (t) => {
  t.throws(() => new Reader(Uint8Array.of(104, 105)).cString(), { instanceOf: WireError });
});

test("the buffer grows and a reader sees only its own slice", (t) => {
  const bytes = new Writer().zeros(510).u32(0xdeadbeef).finish();
  t.is(bytes.length, 514);
  t.is(new Reader(bytes.subarray(510)).u32(), 0xdeadbeef);
});

test("a value that doesn't fit is a programmer's error, not a truncation", (t) => {
  t.throws(() => new Writer().u8(256), { instanceOf: RangeError });
});

test("bytes that were read stay as they were, whatever happens to the datagram", (t) => {
  const datagram = Buffer.from([1, 2, 3]);
  const read = new Reader(datagram).bytes(2);
  datagram.fill(9);
  t.deepEqual([...read], [1, 2]);
});
