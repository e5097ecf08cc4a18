import test from "ava";
import {
  broadcastAddress,
  contains,
  ipv4FromBytes,
  ipv4FromNumber,
  ipv4ToBytes,
  ipv4ToNumber,
  macFromBytes,
  macToBytes,
  netmask,
  parseIpv4,
  parseMac,
  parseSubnet,
} from "../../src/wire/addresses.ts";

for (const [text, expected] of [
  ["52:54:00:77:00:01", "52:54:00:77:00:01"],
  ["52-54-00-AB-00-01", "52:54:00:ab:00:01"],
  ["525400770001", "52:54:00:77:00:01"],
  ["52:54-00:77:00:01", undefined],
  ["52:54:00:77:00", undefined],
  ["52:54:00:77:00:0g", undefined],
  ["", undefined],
] as const) {
  test(`parseMac(${JSON.stringify(text)})`, (t) => t.is(parseMac(text) as string | undefined, expected));
}

for (const [text, good] of [
  ["10.77.0.1", true],
  ["255.255.255.255", true],
  ["010.77.0.1", false],
  ["10.77.0", false],
  ["10.77.0.256", false],
  ["10.77.0.1 ", false],
] as const) {
  test(`parseIpv4(${JSON.stringify(text)})`, (t) => t.is(parseIpv4(text) !== undefined, good));
}

for (const [text, good] of [
  ["10.77.0.0/24", true],
  ["0.0.0.0/0", true],
  ["10.77.0.1/32", true],
  ["10.77.0.1/24", false],
  ["10.77.0.0/33", false],
  ["10.77.0.0", false],
  ["128.0.0.0/1", true],
] as const) {
  test(`parseSubnet(${JSON.stringify(text)})`, (t) => t.is(parseSubnet(text) !== undefined, good));
}

test("a subnet knows its mask, its broadcast address and who is in it", (t) => {
  const subnet = parseSubnet("192.168.4.0/22")!;
  t.is(netmask(subnet) as string, "255.255.252.0");
  t.is(broadcastAddress(subnet) as string, "192.168.7.255");
  t.true(contains(subnet, parseIpv4("192.168.7.1")!));
  t.false(contains(subnet, parseIpv4("192.168.8.1")!));
});

test("numbers and bytes are big-endian", (t) => {
  const address = parseIpv4("192.0.2.1")!;
  t.is(ipv4ToNumber(address), 0xc0000201);
  t.deepEqual([...ipv4ToBytes(address)], [192, 0, 2, 1]);
  t.is(ipv4FromBytes(Uint8Array.of(192, 0, 2, 1)), address);
  t.is(ipv4FromNumber(0xffffffff) as string, "255.255.255.255");
  t.throws(() => ipv4FromNumber(-1), { instanceOf: RangeError });
  t.deepEqual([...macToBytes(macFromBytes(Uint8Array.of(2, 0, 255, 16, 1, 9)))], [2, 0, 255, 16, 1, 9]);
});
