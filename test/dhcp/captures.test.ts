import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { answer } from "../../src/dhcp/answer.ts";
import { createAddressBook } from "../../src/dhcp/book.ts";
import { identifyClient } from "../../src/dhcp/client.ts";
import { option } from "../../src/dhcp/options.ts";
import { decodePacket, encodePacket } from "../../src/dhcp/packet.ts";
import type { BootAnswer } from "../../src/dhcp/policy.ts";
import { messageTypeOf, parseRequest } from "../../src/dhcp/request.ts";
import { createMemoryLeases, ip, lab, mac, policyOf } from "./lab.ts";
import { readUdp } from "./pcap.ts";

const dhcpOf = (name: string) => readUdp(name).filter(({ sourcePort }) => sourcePort === 67 || sourcePort === 68);

const http = "ovmf-http-snponly-ipxe.pcap";
const grub = "ovmf-pxe-grub-tftp.pcap";
const ipxe = "seabios-ipxe-http.pcap";

for (const [file, packets] of [
  [http, 10],
  [grub, 10],
  [ipxe, 6],
  ["seabios-ipxe-tftp.pcap", 6],
  ["seabios-pxelinux-tftp.pcap", 6],
] as const) {
  test(`${file}: every DHCP packet decodes, and is written back as it was`, (t) => {
    const datagrams = dhcpOf(file);
    t.is(datagrams.length, packets);
    for (const { payload } of datagrams) {
      const again = encodePacket(decodePacket(payload));
      const ours = again.subarray(0, payload.length);
      t.deepEqual(ours, payload);
      t.true(again.subarray(payload.length).every((byte) => byte === 0));
    }
  });
}

const story = (file: string) =>
  dhcpOf(file).map(({ payload }) => {
    const packet = decodePacket(payload);
    return packet.op === "request"
      ? `${messageTypeOf(packet)} ${identifyClient(packet.options).kind}`
      : `${messageTypeOf(packet)} ${packet.yiaddr}`;
  });

for (const [file, expected] of [
  [
    http,
    [
      ...["discover http-boot", "offer 10.77.0.80", "request http-boot", "ack 10.77.0.80"],
      ...["discover ipxe", "offer 10.77.0.80", "discover ipxe", "offer 10.77.0.80", "request ipxe", "ack 10.77.0.80"],
    ],
  ],
  [
    grub,
    [
      ...["discover ipxe", "offer 10.77.0.80", "discover ipxe", "offer 10.77.0.80", "request ipxe", "ack 10.77.0.80"],
      ...["discover pxe", "offer 10.77.0.80", "request pxe", "ack 10.77.0.80"],
    ],
  ],
  [ipxe, ["discover ipxe", "offer 10.77.0.80", "discover ipxe", "offer 10.77.0.80", "request ipxe", "ack 10.77.0.80"]],
] as const) {
  test(`${file}: each program is recognised`, (t) => t.deepEqual(story(file), [...expected]));
}

for (const [file, index, expected] of [
  [
    http,
    0,
    {
      kind: "http-boot",
      architecture: 16,
      uuid: "4c4c4544-0031-3010-8057-b8c04f4a3258",
      vendorClass: "HTTPClient:Arch:00016:UNDI:003000",
    },
  ],
  [
    http,
    4,
    {
      kind: "ipxe",
      architecture: 7,
      uuid: "4c4c4544-0031-3010-8057-b8c04f4a3258",
      vendorClass: "PXEClient:Arch:00007:UNDI:003010",
      userClass: "iPXE",
    },
  ],
  [grub, 6, { kind: "pxe", architecture: 7, vendorClass: "PXEClient:Arch:00007:UNDI:003001" }],
  [ipxe, 0, { kind: "ipxe", architecture: 0, vendorClass: "PXEClient:Arch:00000:UNDI:002001", userClass: "iPXE" }],
] as const) {
  test(`${file}: packet ${index} is read as it describes itself`, (t) => {
    t.deepEqual(identifyClient(decodePacket(dhcpOf(file)[index]!.payload).options), expected);
  });
}

/** What dnsmasq gave this firmware, and it booted: our answer to the same packet must say the same. */
const accepted = [option.messageType, option.serverId, option.leaseSeconds, option.bootFile, option.renewalSeconds];
const alsoAccepted = [option.subnetMask, option.broadcastAddress, option.router, option.vendorClass];

for (const [file, boots] of [
  [
    http,
    {
      "http-boot": { kind: "http", url: "http://10.77.0.1/snponly.efi" },
      ipxe: { kind: "http", url: "http://10.77.0.1/boot.ipxe" },
    },
  ],
  [grub, { ipxe: { kind: "tftp", file: "bootnetx64.efi" }, pxe: { kind: "tftp", file: "bootnetx64.efi" } }],
  [ipxe, { ipxe: { kind: "http", url: "http://10.77.0.1/boot.ipxe" } }],
  ["seabios-ipxe-tftp.pcap", { ipxe: { kind: "tftp", file: "tftp.ipxe" } }],
  ["seabios-pxelinux-tftp.pcap", { ipxe: { kind: "tftp", file: "lpxelinux.0" } }],
] as readonly (readonly [string, Record<string, BootAnswer>])[]) {
  test(`${file}: our answers say what the firmware accepted from dnsmasq`, (t) => {
    const network = { ...lab, leaseSeconds: 3600, router: ip("10.77.0.1"), dns: [], domain: "" };
    const reservations = [{ mac: mac("52:54:00:77:00:01"), address: ip("10.77.0.80"), hostName: "web01" }];
    const policy = policyOf({ networks: [network], reservations, boot: ({ kind }) => boots[kind]! });
    const book = createAddressBook({ policy, leases: createMemoryLeases(), clock: createFakeClock() });
    const datagrams = dhcpOf(file);
    for (let at = 0; at < datagrams.length; at += 2) {
      const request = parseRequest(decodePacket(datagrams[at]!.payload));
      const theirs = decodePacket(datagrams[at + 1]!.payload);
      const reply = answer(book, request, { interface: "lab0" });
      if (!("packet" in reply)) return t.fail(reply.reason);
      const ours = decodePacket(encodePacket(reply.packet));
      for (const code of [...accepted, ...alsoAccepted]) {
        t.deepEqual(ours.options.get(code), theirs.options.get(code), `option ${code} of packet ${at}`);
      }
      // dnsmasq returns the client's secs; RFC 2131 table 3 says 0.
      t.deepEqual({ ...ours, options: new Map() }, { ...theirs, secs: 0, options: new Map() });
      const broadcast = datagrams[at + 1]!.destinationMac === "ffffffffffff";
      t.is(reply.destination.kind, broadcast ? "broadcast" : "neighbour");
    }
  });
}
