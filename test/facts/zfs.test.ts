import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Pool } from "../../src/disks.ts";
import { zfs } from "../../src/facts/zfs.ts";
import { makeHost, shells } from "./made-host.ts";

const captures = join(import.meta.dirname, "../captures/raid/zfs");
const captured = (name: string) => readFileSync(join(captures, name), "utf8").split("\n");
const text = (status: string, guids = status) => [
  ...captured(`${status}.txt`).map((line) => `text=${line}`),
  ...captured(`${guids}.txt`).map((line) => `guid=${line}`),
];
const json = (name: string, now = 1795250100) => [`now=${now}`, `json=${captured(`${name}.json`)[0]}`];

const one = "/dev/disk/by-id/ata-ST4000NM0035_ZC1A0001-part3";
const two = "/dev/disk/by-id/ata-ST4000NM0035_ZC1A0002-part3";
const serials = [`serial.${one}=ZC1A0001`, `serial.${two}=ZC1A0002`];
const clean = { readErrors: 0, writeErrors: 0, checksumErrors: 0 };
const well = { state: "ok", said: "ONLINE", ...clean };
const first = { name: "17412936617003310001", device: one, serial: "ZC1A0001", ...well };
const second = { name: "17412936617003310002", device: two, serial: "ZC1A0002", ...well };
const mirror = {
  kind: "zfs",
  name: "rpool",
  level: "mirror",
  state: "ok",
  said: "ONLINE",
  redundancyLeft: 1,
  members: [first, second],
};

for (const [says, lines, pools] of [
  ["no ZFS", [], []],
  ["zpool that says nothing", ["text=no pools available", "guid=no pools available"], []],
  ["a mirror, by text: its members' names are their GUIDs", [...text("mirror", "mirror-guid"), ...serials], [mirror]],
  ["a mirror, by JSON: a GUID isn't rounded", [...json("mirror"), ...serials], [mirror]],
  [
    "a disk is gone: its serial is in its old name",
    [...text("gone", "gone-guid"), ...serials.slice(0, 1)],
    [
      {
        ...{ ...mirror, state: "degraded", redundancyLeft: 0 },
        said: "DEGRADED; One or more devices could not be used because the label is missing or invalid. Sufficient replicas exist for the pool to continue functioning in a degraded state.",
        members: [
          { ...first, checksumErrors: 3 },
          { ...second, state: "missing", said: "UNAVAIL", writeErrors: 1720 },
        ],
      },
    ],
  ],
  [
    "a resilver by JSON: the new one isn't a copy yet",
    [...json("resilver"), serials[0]],
    [
      {
        ...{ ...mirror, state: "rebuilding", redundancyLeft: 0, rebuild: { completed: 0.25, remainingSeconds: 300 } },
        said: "DEGRADED; One or more devices is currently being resilvered. The pool will continue to function, possibly in a degraded state.",
        members: [
          first,
          { ...second, state: "missing", said: "CANT_OPEN" },
          {
            ...{ name: "17412936617003310009", device: one.replace("0001", "0009"), serial: "ZC1A0009" },
            ...{ ...well, state: "rebuilding" },
          },
        ],
      },
    ],
  ],
] as const) {
  test(`zfs: ${says}`, (t) => t.deepEqual(zfs.parse(lines as readonly string[]), pools as unknown as readonly Pool[]));
}

const brief = ({ name, level, state, redundancyLeft, rebuild }: Pool) => [name, level, state, redundancyLeft, rebuild];

for (const [says, lines, pools] of [
  [
    "a resilver of raidz2 by text, with logs, cache and spares; a pool of one disk that has lost data",
    text("resilver"),
    [
      ["tank", "raidz2", "rebuilding", 1, { completed: 0.0155, remainingSeconds: 77221 }],
      ["bulk", "disk", "degraded", 0, undefined],
    ],
  ],
  [
    "a sequential rebuild, which the disks don't show",
    json("sequential"),
    [["rpool", "mirror", "rebuilding", 0, { completed: 0.25 }]],
  ],
  [
    "a replacement that has just begun: the new one is online, and empty",
    json("resilver").map((line) => line.replace(',"scan_processed":"90000000000"', "")),
    [["rpool", "mirror", "rebuilding", 0, { completed: 0.25, remainingSeconds: 300 }]],
  ],
  ["one special disk: the pool lives and dies with it", json("special"), [["tank", "raidz2+disk", "ok", 0, undefined]]],
  ["draid without its type, two disks out, lost data", json("draid"), [["big", "draid2", "degraded", 0, undefined]]],
] as const) {
  test(`zfs: ${says}`, (t) => t.deepEqual(zfs.parse(lines).map(brief), pools as unknown as ReturnType<typeof brief>[]));
}

test("zfs: what members are in a resilver with spares", (t) => {
  const members = zfs.parse(text("resilver"))[0]?.members ?? [];
  t.deepEqual(
    members.map(({ serial, device, state }) => [serial ?? device, state]),
    [
      ["WCC1T0001", "ok"],
      ["WCC1T0002", "ok"],
      ["WCC1T0003", "missing"],
      ["WX110009", "rebuilding"],
      ["WCC1T0004", "ok"],
      ["/dev/nvme0n1p4", "ok"],
      ["WCC1T0005", "spare"],
    ],
  );
});

test("zfs: what a disk that failed says is kept", (t) => {
  const members = zfs.parse(json("draid"))[0]?.members ?? [];
  t.deepEqual(members.map(({ said }) => said).slice(1, 4), ["ONLINE", "FAULTED, TOO_MANY_ERRORS", "OFFLINE"]);
});

for (const [name, shell] of shells) {
  for (const [says, status] of [
    ["2.3 has JSON", `case $2 in -jpP) cat ANSWERS/mirror.json ;; *) cat ANSWERS/mirror.txt ;; esac`],
    [
      "older ones have text",
      `case $2 in -jpP) echo "invalid option 'j'" >&2; exit 2 ;; -g) cat ANSWERS/mirror-guid.txt ;; *) cat ANSWERS/mirror.txt ;; esac`,
    ],
  ] as const) {
    test(`zfs by ${name}: ${says}, and serials by way of partitions`, (t) => {
      const host = makeHost(t);
      for (const [disk, serial, link] of [
        ["sda", "ZC1A0001", one],
        ["sdb", "ZC1A0002", two],
      ] as const) {
        host.file(`/sys/devices/${disk}/device/serial`, `${serial}\n`);
        host.file(`/sys/devices/${disk}/${disk}3/partition`, "3\n");
        host.link(`/sys/block/${disk}`, `/sys/devices/${disk}`);
        host.link(`/sys/class/block/${disk}`, `/sys/devices/${disk}`);
        host.link(`/sys/class/block/${disk}3`, `/sys/devices/${disk}/${disk}3`);
        host.file(`/dev/${disk}3`, "");
        host.link(link, `/dev/${disk}3`);
      }
      for (const file of ["mirror.json", "mirror.txt", "mirror-guid.txt"]) {
        host.file(`/answers/${file}`, captured(file).join("\n").replaceAll("/dev/", `${host.root}/dev/`));
      }
      host.tool("zpool", status.replaceAll("ANSWERS", `${host.root}/answers`));
      const pools = zfs.parse(host.run(zfs.script, shell).lines);
      t.deepEqual(pools, [mirror] as unknown as readonly Pool[]);
    });
  }
  test(`zfs by ${name}: a host without it says nothing`, (t) => {
    t.deepEqual(makeHost(t).run(zfs.script, shell), { lines: [], exitCode: 0 });
  });
}
