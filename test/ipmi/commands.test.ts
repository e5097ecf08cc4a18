import test from "ava";
import type { Command } from "../../src/ipmi/command.ts";
import { chassisControl } from "../../src/ipmi/commands/chassis-control.ts";
import { chassisIdentify } from "../../src/ipmi/commands/chassis-identify.ts";
import { closeSession } from "../../src/ipmi/commands/close-session.ts";
import { getBootOptions } from "../../src/ipmi/commands/get-boot-options.ts";
import { getChannelAuthentication } from "../../src/ipmi/commands/get-channel-authentication.ts";
import { encodeSuiteRecords, getChannelCipherSuites } from "../../src/ipmi/commands/get-channel-cipher-suites.ts";
import { getChassisStatus } from "../../src/ipmi/commands/get-chassis-status.ts";
import { getDeviceId } from "../../src/ipmi/commands/get-device-id.ts";
import { getSelfTest } from "../../src/ipmi/commands/get-self-test.ts";
import { formatGuid, getSystemGuid } from "../../src/ipmi/commands/get-system-guid.ts";
import { setBootOptions } from "../../src/ipmi/commands/set-boot-options.ts";
import { setSessionPrivilege } from "../../src/ipmi/commands/set-session-privilege.ts";
import { WireError } from "../../src/wire/reader.ts";
import { bytesOf, hexOf } from "./recording.ts";

const once = { valid: true, persistent: false, efi: false };

type AnyCommand = Command<unknown, unknown>;

/** Its types are forgotten, so that a table may hold them all. */
const any = (command: unknown) => command as AnyCommand;

/** Requests: as the specification's tables say; those marked * were seen from ipmitool. */
const requests: readonly [string, AnyCommand, string, unknown][] = [
  ["power off", any(chassisControl), "00", { action: "off" }],
  ["power on *", any(chassisControl), "01", { action: "on" }],
  ["power cycle *", any(chassisControl), "02", { action: "cycle" }],
  ["power reset *", any(chassisControl), "03", { action: "reset" }],
  ["power soft *", any(chassisControl), "05", { action: "soft" }],
  ["identify for 7 s", any(chassisIdentify), "07", { seconds: 7 }],
  ["read the boot flags *", any(getBootOptions), "050000", { parameter: 5 }],
  ["pxe once *", any(setBootOptions), "058004000000", { kind: "flags", flags: { ...once, device: "pxe" } }],
  [
    "pxe, UEFI, once",
    any(setBootOptions),
    "05a004000000",
    { kind: "flags", flags: { ...once, efi: true, device: "pxe" } },
  ],
  [
    "disk, always *",
    any(setBootOptions),
    "05c008000000",
    { kind: "flags", flags: { ...once, persistent: true, device: "disk" } },
  ],
  ["cdrom once", any(setBootOptions), "058014000000", { kind: "flags", flags: { ...once, device: "cdrom" } }],
  ["firmware setup once", any(setBootOptions), "058018000000", { kind: "flags", flags: { ...once, device: "bios" } }],
  ["firmware has not looked yet *", any(setBootOptions), "040101", { kind: "acknowledge", mask: 1, value: 1 }],
  ["being set *", any(setBootOptions), "0001", { kind: "progress", value: "in-progress" }],
  ["all set *", any(setBootOptions), "0000", { kind: "progress", value: "complete" }],
  ["flags outlast 60 s", any(setBootOptions), "0308", { kind: "validity", keepAfterTimeout: true }],
  ["be administrator *", any(setSessionPrivilege), "04", { level: 4 }],
  ["close 0x01020304", any(closeSession), "04030201", { sessionId: 0x01020304 }],
  ["who may come in here *", any(getChannelAuthentication), "8e04", { channel: 14, privilege: 4 }],
  ["which suites, first block *", any(getChannelCipherSuites), "0e0080", { channel: 14, block: 0 }],
];

for (const [meaning, command, hex, value] of requests) {
  test(`request: ${meaning} is ${hex}`, (t) => {
    t.is(hexOf(command.encodeRequest(value)), hex);
    t.deepEqual(command.decodeRequest(bytesOf(hex)), value);
  });
}

/** Responses as real tools or the specification have them, and what they mean. */
const responses: readonly [string, AnyCommand, string, unknown][] = [
  [
    "ipmi_sim's device id",
    any(getDeviceId),
    "000309080200911200020f00000000".slice(0, 22),
    { deviceId: 0, deviceRevision: 3, firmware: "9.08", ipmiVersion: "2.0", manufacturerId: 0x1291, productId: 0x0f02 },
  ],
  ["on, no identify state", any(getChassisStatus), "010000", { power: "on", powerFault: false, identify: undefined }],
  ["off by a fault, light on", any(getChassisStatus), "080050", { power: "off", powerFault: true, identify: true }],
  [
    "on, light off, button bytes",
    any(getChassisStatus),
    "21104000",
    { power: "on", powerFault: false, identify: false },
  ],
  [
    "boot flags locked by another",
    any(getBootOptions),
    "0185a004000000",
    { kind: "flags", flags: { ...once, efi: true, device: "pxe" } },
  ],
  [
    "a boot device unknown to the specification",
    any(getBootOptions),
    "01058034000000",
    { kind: "flags", flags: { ...once, device: "reserved" } },
  ],
  [
    "ipmi_sim: 2.0, no key",
    any(getChannelAuthentication),
    "0197050300000000",
    { channel: 1, ipmi2: true, keySet: false },
  ],
  [
    "a BMC-wide key is set",
    any(getChannelAuthentication),
    "0180240200000000",
    { channel: 1, ipmi2: true, keySet: true },
  ],
  ["only IPMI 1.5", any(getChannelAuthentication), "0117040000000000", { channel: 1, ipmi2: false, keySet: false }],
  ["self test passed", any(getSelfTest), "5500", { result: 0x55, detail: 0 }],
  ["operator at most", any(setSessionPrivilege), "03", { level: 3 }],
];

for (const [meaning, command, hex, value] of responses) {
  test(`response: ${meaning}`, (t) => {
    t.deepEqual(command.decodeResponse(bytesOf(hex)), value);
    t.throws(
      () => command.decodeResponse(new Uint8Array(0)),
      { instanceOf: WireError },
      "absent: malformed, not a guess",
    );
  });
}

test("a device id with a minor version of 45 and a 20-bit manufacturer goes there and back", (t) => {
  const device = {
    deviceId: 32,
    deviceRevision: 1,
    firmware: "2.45",
    ipmiVersion: "2.0",
    manufacturerId: 0x0a1234,
    productId: 9,
  };
  t.deepEqual(getDeviceId.decodeResponse(getDeviceId.encodeResponse(device)), device);
  t.is(hexOf(getDeviceId.encodeResponse(device)).slice(4, 10), "024502");
});

test("the suites are listed as table 22-18 wants them: 17, then 3", (t) => {
  t.is(hexOf(encodeSuiteRecords()), "c011034481c003014181");
});

test("the GUID's bytes are read from the last to the first", (t) => {
  t.is(formatGuid(bytesOf("58324a4fc0b8578010303100444c4c4c")), "4c4c4c44-0031-3010-8057-b8c04f4a3258");
  t.is(formatGuid(new Uint8Array(16)), undefined);
  t.throws(() => getSystemGuid.decodeResponse(new Uint8Array(15)), { instanceOf: WireError });
});

test("only a second cycle or reset differs from the first", (t) => {
  const twice = (["on", "off", "cycle", "reset", "soft"] as const).filter((action) =>
    chassisControl.once?.({ action }),
  );
  t.deepEqual(twice, ["cycle", "reset"]);
});
