import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Pool } from "../../src/disks.ts";
import { btrfs } from "../../src/facts/btrfs.ts";
import { makeHost, shells } from "./made-host.ts";

const captures = join(import.meta.dirname, "../captures/raid/btrfs");
const captured = (name: string) => readFileSync(join(captures, `${name}.txt`), "utf8").split("\n");

const clean = { readErrors: 0, writeErrors: 0, checksumErrors: 0 };
const first = { name: "devid:1", device: "/dev/loop0", state: "ok", said: "there", ...clean };
const second = { ...first, name: "devid:2", device: "/dev/loop1" };
const missing = { name: "devid:2", state: "missing", said: "missing", ...clean };
const mirror = { kind: "btrfs", name: "/srv", level: "raid1", redundancyLeft: 1, members: [first, second] };
const well = { ...mirror, state: "ok", said: "no device missing" };
const oneCopy = "part of it has one copy only: convert it by a balance";
const unmounted = { name: "38d2ef12", level: "unknown", state: "unknown", redundancyLeft: 0 };
const withoutRow = (lines: readonly string[]) => lines.filter((line) => !/devid +2 /.test(line));
const withErrors = (name: string) =>
  captured("mirror").map((line) => (line.includes(`loop1].${name}`) ? line.replace(/\d+$/, "7") : line));

for (const [says, lines, pools] of [
  ["no btrfs", [], []],
  ["a mirror", captured("mirror"), [well]],
  [
    "a mirror with its disks' serials",
    [...captured("mirror"), "serial./dev/loop0=S1", "serial./dev/loop1=S2"],
    [
      {
        ...well,
        members: [
          { ...first, serial: "S1" },
          { ...second, serial: "S2" },
        ],
      },
    ],
  ],
  [
    "a replace runs: the source still counts, the target doesn't yet; the counters didn't answer just then",
    captured("replacing"),
    [
      {
        ...{ ...mirror, state: "rebuilding", said: "no device missing", rebuild: { completed: 0.607 } },
        members: [
          { name: "devid:0", device: "/dev/loop2", state: "rebuilding", said: "being filled" },
          ...[first, second].map(({ name, device, state, said }) => ({ name, device, state, said })),
        ],
      },
    ],
  ],
  [
    "a device is missing, and was written to",
    captured("gone"),
    [
      {
        ...{ ...mirror, level: "single+raid1", state: "degraded", redundancyLeft: 0 },
        ...{ said: `1 missing; ${oneCopy}`, members: [first, missing] },
      },
    ],
  ],
  [
    "the device was replaced, and yet a part has one copy",
    captured("one-copy"),
    [{ ...well, level: "single+raid1", state: "degraded", redundancyLeft: 0, said: oneCopy }],
  ],
  [
    "older tools leave out the row of a missing one",
    withoutRow(captured("mirror")).filter((line) => !line.includes("loop1")),
    [
      {
        ...{ ...mirror, state: "degraded", said: "1 missing", redundancyLeft: 0 },
        members: [first, { name: "devid:?", state: "missing", said: "missing" }],
      },
    ],
  ],
  [
    "a disk was pulled: btrfs still names its device",
    [...captured("mirror"), "gone./dev/loop1=yes"],
    [
      {
        ...mirror,
        state: "degraded",
        said: "1 missing",
        redundancyLeft: 0,
        members: [first, { ...second, state: "missing", said: "missing" }],
      },
    ],
  ],
  [
    "a disk lost writes: what is on it is old",
    withErrors("write_io_errs"),
    [
      {
        ...{ ...mirror, state: "degraded", said: "1 lost writes or can't be read", redundancyLeft: 0 },
        members: [first, { ...second, state: "predicted", said: "with errors", writeErrors: 7 }],
      },
    ],
  ],
  [
    "a checksum that was repaired is counted, and isn't a lost copy",
    withErrors("corruption_errs"),
    [{ ...well, members: [first, { ...second, checksumErrors: 7 }] }],
  ],
  [
    "two devices that aren't mounted: nobody knows",
    [
      "fs=38d2ef12",
      "uuid=38d2ef12",
      ...captured("mirror")
        .filter((line) => line.startsWith("show="))
        .slice(1, 4),
    ],
    [
      {
        ...{ kind: "btrfs", ...unmounted, said: "not mounted: nobody knows its profile" },
        members: [first, second].map(({ name, device, state, said }) => ({ name, device, state, said })),
      },
    ],
  ],
  [
    "a file system of one device is one like others",
    withoutRow(captured("mirror")).map((line) => line.replace("devices 2", "devices 1")),
    [],
  ],
] as const) {
  test(`btrfs: ${says}`, (t) =>
    t.deepEqual(btrfs.parse(lines as readonly string[]), pools as unknown as readonly Pool[]));
}

for (const [name, shell] of shells) {
  test(`btrfs by ${name}: once for each file system, in a folder with a blank, serials of disks behind LUKS`, (t) => {
    const host = makeHost(t);
    const said = (key: string) =>
      captured("mirror")
        .filter((line) => line.startsWith(`${key}=`))
        .map((line) =>
          line
            .slice(key.length + 1)
            .replaceAll("/dev/loop0", "/dev/sda")
            .replaceAll("/dev/loop1", "/dev/dm-0"),
        )
        .join("\n");
    const shown = said("show").split("\n");
    host.file("/said/show", `${[`Label: 'srv'  uuid: 38d2ef12`, ...shown.slice(1, 4)].join("\n")}\n`);
    for (const key of ["df", "replace", "stats"]) host.file(`/said/${key}`, `${said(key)}\n`);
    host.tool(
      "btrfs",
      `for last; do :; done
case $last in "/srv/two words" | /other | --raw) ;; *) echo "ERROR: $last" >&2; exit 1 ;; esac
case "$1 $2" in
  "filesystem show") cat ${host.root}/said/show ;;
  "filesystem df") cat ${host.root}/said/df ;;
  "replace status") cat ${host.root}/said/replace ;;
  "device stats") cat ${host.root}/said/stats ;;
esac`,
    );
    host.file(
      "/proc/self/mounts",
      "/dev/sda /srv/two\\040words btrfs rw 0 0\n/dev/sdz / ext4 rw 0 0\n/dev/sda /other btrfs rw 0 0\n",
    );
    for (const [disk, serial] of [
      ["sda", "S1"],
      ["sdb", "S2"],
    ] as const) {
      host.file(`/sys/block/${disk}/device/serial`, `${serial}\n`);
      host.link(`/sys/class/block/${disk}`, `/sys/block/${disk}`);
    }
    host.link("/sys/class/block/dm-0/slaves/sdb", "/sys/block/sdb");
    const pools = btrfs.parse(host.run(btrfs.script, shell).lines);
    const members = [
      { ...first, device: "/dev/sda", serial: "S1" },
      { ...second, device: "/dev/dm-0", serial: "S2" },
    ];
    t.deepEqual(pools, [{ ...well, name: "/srv/two words", members }] as unknown as readonly Pool[]);
  });
}
