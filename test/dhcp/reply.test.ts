import test from "ava";
import { option } from "../../src/dhcp/options.ts";
import { decodePacket, encodePacket } from "../../src/dhcp/packet.ts";
import type { BootAnswer } from "../../src/dhcp/policy.ts";
import { grantPacket, nakPacket } from "../../src/dhcp/reply.ts";
import { encoded, textOf } from "../../src/dhcp/values.ts";
import { ip, lab, web01 } from "./lab.ts";
import { hex, requestOf, type Wish } from "./requests.ts";

const offer = (boot: BootAnswer, wish: Partial<Wish> = {}, network = lab) => {
  const grant = { type: "offer", network, address: web01.address, hostName: "web01", boot } as const;
  return decodePacket(encodePacket(grantPacket(requestOf({ type: "discover", ...wish }), grant)));
};
const codes = (packet: { options: ReadonlyMap<number, unknown> }) => [...packet.options.keys()];

const httpClient = [option.vendorClass, encoded.text("HTTPClient:Arch:00016:UNDI:003000")] as const;
const url = "http://10.77.0.1:8077/boot/loader/snponly.efi";

for (const [what, boot, options, expected] of [
  [
    "TFTP: siaddr and option 67",
    { kind: "tftp", file: "undionly.kpxe" },
    [],
    ["10.77.0.1", "undionly.kpxe", undefined],
  ],
  [
    "iPXE: the URL in option 67",
    { kind: "http", url },
    [[option.userClass, encoded.text("iPXE")]],
    ["10.77.0.1", url, undefined],
  ],
  ["UEFI HTTP boot: also option 60", { kind: "http", url }, [httpClient], ["10.77.0.1", url, "HTTPClient"]],
  ["nothing to boot: neither", { kind: "none" }, [], ["0.0.0.0", undefined, undefined]],
  [
    "nothing to boot over HTTP: no option 60, so that the firmware goes on",
    { kind: "none" },
    [httpClient],
    ["0.0.0.0", undefined, undefined],
  ],
] as readonly (readonly [string, BootAnswer, NonNullable<Wish["options"]>, unknown[]])[]) {
  test(`boot: ${what}`, (t) => {
    const packet = offer(boot, { options });
    t.deepEqual(
      [packet.siaddr, textOf(packet.options, option.bootFile), textOf(packet.options, option.vendorClass)] as unknown[],
      expected,
    );
    t.is(packet.file, "");
    if (expected[1]) t.is(packet.options.get(option.bootFile)!.at(-1), 0, "option 67 ends in NUL");
  });
}

test("an offer holds the network's settings, times in seconds and T1 and T2", (t) => {
  const { options } = offer({ kind: "none" });
  const number = (code: number) => Buffer.from(options.get(code)!).readUInt32BE();
  t.deepEqual([option.leaseSeconds, option.renewalSeconds, option.rebindingSeconds].map(number), [600, 300, 525]);
  t.deepEqual(options.get(option.subnetMask), hex("ffffff00"));
  t.deepEqual(options.get(option.router), hex("0a4d00fe"));
  t.deepEqual(options.get(option.dnsServers), hex("0a4d0001"));
  t.is(textOf(options, option.hostName), "web01");
  t.is(textOf(options, option.domainName), "lab.example");
});

test("client id and UUID come back as they were, the relay's note last", (t) => {
  const note = hex("01 04 65 74 68 30");
  const options = [
    [option.relayAgent, note],
    [option.clientId, hex("01 525400770001")],
    [option.uuid, hex(`00 ${"11".repeat(16)}`)],
  ] as const;
  const packet = offer({ kind: "none" }, { options, giaddr: "10.77.0.200" });
  t.deepEqual(packet.options.get(option.relayAgent), note);
  t.deepEqual(codes(packet).slice(-3), [option.clientId, option.uuid, option.relayAgent]);
  t.is(packet.giaddr, ip("10.77.0.200"));
});

test("a NAK holds no address, no lease and no boot file", (t) => {
  const packet = nakPacket(requestOf({ type: "request", requested: "10.9.9.9" }), lab.server, ip("10.9.9.9"));
  t.deepEqual(codes(packet), [option.messageType, option.serverId, option.message]);
});

test("a reply is never longer than the client takes: 576 bytes, or what option 57 says", (t) => {
  const long = { ...lab, domain: "d".repeat(200), dns: Array.from({ length: 30 }, () => ip("10.77.0.1")) };
  const boot = { kind: "http", url: `http://10.77.0.1/${"x".repeat(100)}` } as const;
  const length = (packet: ReturnType<typeof offer>) => encodePacket(packet).length + 28;
  const small = offer(boot, {}, long);
  t.true(length(small) <= 576, `${length(small)}`);
  t.true(small.options.has(option.bootFile) && small.options.has(option.leaseSeconds));
  t.false(small.options.has(option.domainName));
  const roomy = offer(boot, { options: [[option.maxMessageBytes, encoded.u16(1472)]] }, long);
  t.true(roomy.options.has(option.domainName));
  t.true(length(roomy) > 576);
  t.true(length(offer(boot, { options: [[option.maxMessageBytes, encoded.u16(100)]] }, long)) <= 576, "57 under 576");
});
