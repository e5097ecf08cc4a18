import test from "ava";
import { act, call } from "../../../src/raid/acts/act.ts";
import { locateShell } from "../../../src/raid/acts/locate-shell.ts";
import { type MadeHost, makeHost, shells } from "../../facts/made-host.ts";

const set = (serial: string, on: "on" | "off", slot = "", enclosure = "") =>
  act({ name: "locating", limitMs: 1000, shell: [locateShell], body: call("locate_set", serial, on, slot, enclosure) })
    .script;

const scsi = "/sys/devices/pci0/host0";
function disk(host: MadeHost, name: string, serial: string, sas?: string) {
  host.file(`${scsi}/${serial}/block/${name}/size`, "1\n");
  host.file(`${scsi}/${serial}/serial`, `${serial}\n`);
  if (sas) host.file(`${scsi}/${serial}/sas_address`, `${sas}\n`);
  host.link(`${scsi}/${serial}/block/${name}/device`, `${scsi}/${serial}`);
  host.link(`/sys/block/${name}`, `${scsi}/${serial}/block/${name}`);
}

/** Three slots; the first two hold disks, the third is empty, or its enclosure doesn't say what is in it. */
function enclosure(host: MadeHost, hctl: string, id: string) {
  host.file(`${scsi}/${hctl}/id`, `${id}\n`);
  host.link(`/sys/class/enclosure/${hctl}`, `${scsi}/${hctl}`);
  for (const slot of [0, 1, 2]) {
    host.file(`${scsi}/${hctl}/Slot 0${slot + 1}/slot`, `${slot}\n`);
    host.file(`${scsi}/${hctl}/Slot 0${slot + 1}/locate`, "0\n");
  }
}

function nvme(host: MadeHost, slot: string, address: string) {
  host.file(`/sys/bus/pci/slots/${slot}/address`, `${address}\n`);
  host.file(`/sys/bus/pci/slots/${slot}/attention`, "0\n");
}

const enclosed = (host: MadeHost) => {
  disk(host, "sda", "S2");
  disk(host, "sdb", "S1");
  enclosure(host, "0:0:12:0", "0x5003");
  enclosure(host, "0:0:13:0", "0x5004");
  host.link(`${scsi}/0:0:12:0/Slot 01/device`, `${scsi}/S1`);
  host.link(`${scsi}/0:0:12:0/Slot 02/device`, `${scsi}/S2`);
};
const lamp = (slot: number, hctl = "0:0:12:0") => `${scsi}/${hctl}/Slot 0${slot}/locate`;

const ledctl = (said: string, status: number) => (host: MadeHost) => {
  disk(host, "sda", "S1");
  host.tool("ledctl", `echo "$@" >> ${host.root}/asked\n${said === "" ? "" : `echo "${said}" >&2`}\nexit ${status}`);
};

/** Keeps `ident` in a file; knows one slot and one address. */
const ses = (host: MadeHost, sas?: string) => {
  disk(host, "sda", "S1", sas);
  host.file("/sys/class/scsi_device/0:0:12:0/device/type", "13\n");
  host.file("/sys/class/scsi_device/0:0:12:0/device/scsi_generic/sg7/dev", "21:7\n");
  host.file("/ident", "0\n");
  host.tool(
    "sg_ses",
    `echo "$@" >> ${host.root}/asked
case $1 in --sas-addr=0x5000c5000000000a | --dev-slot-num=3) ;; *) exit 15 ;; esac
case $2 in --set=ident) echo 1 > ${host.root}/ident ;; --clear=ident) echo 0 > ${host.root}/ident ;; *) cat ${host.root}/ident ;; esac`,
  );
};

interface Case {
  readonly host: (host: MadeHost) => void;
  readonly ask: Parameters<typeof set>;
  readonly led: string;
  /** Files afterwards. */
  readonly lamps?: Readonly<Record<string, string>>;
  readonly asked?: string;
}

const cases: readonly (readonly [string, Case])[] = [
  [
    "the disk's own slot, whatever the plan's slot says",
    {
      host: enclosed,
      ask: ["S1", "on", "Slot 02", "0x5003"],
      led: "enclosure",
      lamps: { [lamp(1)]: "1", [lamp(2)]: "0", [lamp(1, "0:0:13:0")]: "0" },
    },
  ],
  [
    "a disk that is gone: an empty slot by name and enclosure",
    {
      host: enclosed,
      ask: ["S9", "on", "Slot 03", "0x5004"],
      led: "enclosure",
      lamps: { [lamp(3, "0:0:13:0")]: "1", [lamp(3)]: "0" },
    },
  ],
  [
    "the same by the slot's number and the enclosure's address",
    { host: enclosed, ask: ["S9", "on", "2", "0:0:13:0"], led: "enclosure", lamps: { [lamp(3, "0:0:13:0")]: "1" } },
  ],
  [
    "a slot that holds another disk is never lit",
    { host: enclosed, ask: ["S9", "on", "Slot 02", "0x5003"], led: "none", lamps: { [lamp(2)]: "0" } },
  ],
  [
    "a slot that two enclosures have is nobody's",
    {
      host: enclosed,
      ask: ["S9", "on", "Slot 03"],
      led: "none",
      lamps: { [lamp(3)]: "0", [lamp(3, "0:0:13:0")]: "0" },
    },
  ],
  [
    "off, and it stays off",
    {
      host: (host) => {
        enclosed(host);
        host.file(lamp(1), "1\n");
      },
      ask: ["S1", "off"],
      led: "enclosure",
      lamps: { [lamp(1)]: "0" },
    },
  ],
  [
    "an NVMe by its PCI address",
    {
      host: (host) => {
        nvme(host, "7", "0000:3b:00");
        nvme(host, "8", "0000:3c:00");
        host.file("/sys/devices/p/0000:3c:00.0/vendor", "0x144d\n");
        host.file("/sys/devices/p/0000:3c:00.0/nvme/nvme0/serial", "N1\n");
        host.link("/sys/block/nvme0n1/device", "/sys/devices/p/0000:3c:00.0/nvme/nvme0");
      },
      ask: ["N1", "on", "7"],
      led: "pcie",
      lamps: { "/sys/bus/pci/slots/8/attention": "1", "/sys/bus/pci/slots/7/attention": "0" },
    },
  ],
  [
    "an NVMe that is gone: its slot, when it is empty",
    {
      host: (host) => nvme(host, "7", "0000:3b:00"),
      ask: ["N1", "on", "7"],
      led: "pcie",
      lamps: { "/sys/bus/pci/slots/7/attention": "1" },
    },
  ],
  [
    "a PCIe slot that holds something else",
    {
      host: (host) => {
        nvme(host, "7", "0000:3b:00");
        host.file("/sys/bus/pci/devices/0000:3b:00.0/class", "0x020000\n");
      },
      ask: ["N1", "on", "7"],
      led: "none",
      lamps: { "/sys/bus/pci/slots/7/attention": "0" },
    },
  ],
  [
    "ledctl, and no other light is put out",
    { host: ledctl("", 0), ask: ["S1", "on"], led: "ledctl", asked: "--listed-only locate=/dev/sda" },
  ],
  [
    "ledctl, off",
    { host: ledctl("", 0), ask: ["S1", "off"], led: "ledctl", asked: "--listed-only locate_off=/dev/sda" },
  ],
  [
    "ledctl that ignored us isn't success, whatever its status",
    {
      host: ledctl("ledctl: IBPI LOCATE: missing block device(s)... pattern ignored.", 0),
      ask: ["S1", "on"],
      led: "none",
    },
  ],
  [
    "ledctl without hardware",
    { host: ledctl("ledctl: /dev/sda: device not supported", 8), ask: ["S1", "on"], led: "none" },
  ],
  ["ledctl isn't asked about a disk that is gone", { host: ledctl("", 0), ask: ["S9", "on", "3"], led: "none" }],
  [
    "sg_ses by the disk's address",
    { host: (host) => ses(host, "0x5000c5000000000a"), ask: ["S1", "on", "4"], led: "ses", lamps: { "/ident": "1" } },
  ],
  [
    "sg_ses doesn't take the slot's number for a disk that is there and has no address",
    { host: ses, ask: ["S1", "on", "3"], led: "none", lamps: { "/ident": "0" } },
  ],
  [
    "sg_ses by the slot's number when the disk is gone",
    { host: ses, ask: ["S9", "on", "3"], led: "ses", lamps: { "/ident": "1" } },
  ],
  [
    "sg_ses, off",
    { host: (host) => ses(host, "0x5000c5000000000a"), ask: ["S1", "off"], led: "ses", lamps: { "/ident": "0" } },
  ],
  [
    "an enclosure that doesn't know the address",
    { host: (host) => ses(host, "0x5000c5000000000b"), ask: ["S1", "on"], led: "none" },
  ],
  ["nothing that could", { host: (host) => disk(host, "sda", "S1"), ask: ["S1", "on", "1", "0x5003"], led: "none" }],
];

for (const [name, shell] of shells) {
  for (const [says, { host: make, ask, led, lamps = {}, asked }] of cases) {
    test(`locate by ${name}: ${says}`, (t) => {
      const host = makeHost(t);
      make(host);
      t.deepEqual(host.run(set(...ask), shell), { lines: [`led ${led}`], exitCode: 0 });
      for (const [file, state] of Object.entries(lamps)) t.is(host.read(file).trim(), state, file);
      if (asked) t.is(host.read("/asked").replaceAll(host.root, "").trim(), asked);
    });
  }
}

test("a light that doesn't obey isn't called lit", (t) => {
  const host = makeHost(t);
  disk(host, "sda", "S1");
  enclosure(host, "0:0:12:0", "0x5003");
  host.link(`${scsi}/0:0:12:0/Slot 01/device`, `${scsi}/S1`);
  const deaf = set("S1", "on").replace(`printf '%s\\n' "$l_on" > "$1"`, ":");
  t.deepEqual(host.run(deaf, ["dash"]).lines, ["led none"]);
});
