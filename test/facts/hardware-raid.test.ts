import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Pool } from "../../src/disks.ts";
import { hardwareRaid } from "../../src/facts/hardware-raid.ts";
import { makeHost, shells } from "./made-host.ts";

const captures = join(import.meta.dirname, "../captures/raid");
const captured = (name: string) => readFileSync(join(captures, name), "utf8").trimEnd();
const storcli = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([key, name]) => `${key}=${captured(`megaraid/${name}.json`)}`);
const hpe = (name: string) =>
  captured(`hpe/${name}.txt`)
    .split("\n")
    .map((line) => `hpe=${line}`);

const brief = (pools: readonly Pool[]) =>
  pools.map(({ name, level, state, said, redundancyLeft, rebuild }) => [
    name,
    level,
    state,
    said,
    redundancyLeft,
    rebuild,
  ]);
const disks = (pool: Pool | undefined) =>
  pool?.members.map(({ name, serial, state, said }) => [name, serial, state, said]);

const raid6 = storcli(["controllers", "raid6-controllers"], ["drives", "raid6-drives"], ["drives", "failure"]);
const rebuilding = storcli(
  ["controllers", "rebuild-controllers"],
  ["drives", "rebuild-drives"],
  ["rebuilds", "rebuild-progress"],
);
const bare = storcli(["controllers", "bare-controllers"], ["drives", "failure"], ["drives", "bare-drives"]);

for (const [says, lines, pools] of [
  ["no controller", [], []],
  ["a tool without a controller", storcli(["controllers", "none"], ["drives", "none"]), []],
  ["a tool that prints no JSON", ["controllers=segmentation fault"], []],
  [
    "a controller that doesn't answer: nobody knows",
    storcli(["controllers", "failure"]),
    [["/c0", "unknown", "unknown", "Show Drive Information Failed.; Drive not found", 0, undefined]],
  ],
  ["MegaRAID: RAID6, well", raid6, [["/c0/v0", "raid6", "ok", "Optl", 2, undefined]]],
  [
    "MegaRAID: a mirror is being filled; a RAID10 has lost a drive of its second span",
    rebuilding,
    [
      ["/c0/v0", "raid1", "rebuilding", "Dgrd", 0, { completed: 0.13, remainingSeconds: 4320 }],
      ["/c0/v1", "raid10", "degraded", "Dgrd", 0, undefined],
    ],
  ],
  ["MegaRAID without an enclosure: offline", bare, [["/c0/v0", "raid5", "failed", "OfLn", 0, undefined]]],
  [
    "MegaRAID says degraded, its list shows every drive online: the worse is believed",
    raid6.map((line) => line.replace('"State":"Optl","Access"', '"State":"Pdgd","Access"')),
    [["/c0/v0", "raid6", "degraded", "Pdgd", 1, undefined]],
  ],
  [
    "MegaRAID says optimal, a drive is failed in its list: the worse is believed",
    raid6.map((line) =>
      line.replace('"DID":31,"Type":"DRIVE","State":"Onln"', '"DID":31,"Type":"DRIVE","State":"Failed"'),
    ),
    [["/c0/v0", "raid6", "degraded", "Optl", 1, undefined]],
  ],
  [
    "a word that nobody knows is not ok",
    raid6.map((line) => line.replace('"State":"Optl","Access"', '"State":"Quux","Access"')),
    [["/c0/v0", "raid6", "unknown", "Quux", 0, undefined]],
  ],
  [
    "HPE: a disk is predicted to fail, the controller calls the mirrors OK",
    hpe("predictive"),
    [
      ["slot=0 ld 1", "raid1", "ok", "OK", 1, undefined],
      ["slot=0 ld 2", "raid1", "ok", "OK", 1, undefined],
    ],
  ],
  [
    "HPE: nothing but OK is ok",
    hpe("rebuild"),
    [
      ["slot=0 ld 1", "raid6", "degraded", "Interim Recovery Mode", 1, undefined],
      ["slot=2 ld 3", "raid10", "rebuilding", "Recovering, 54.28% complete", 0, { completed: 0.5428 }],
      ["slot=2 ld 4", "raid5", "degraded", "Ready for Rebuild", 0, undefined],
      ["slot=2 ld 5", "raid0", "failed", "Failed", 0, undefined],
    ],
  ],
] as const) {
  test(`hardware RAID: ${says}`, (t) => {
    t.deepEqual(brief(hardwareRaid.parse(lines)), pools as unknown as ReturnType<typeof brief>);
  });
}

for (const [says, lines, at, members] of [
  [
    "RAID6 of MegaRAID with a spare; one is predicted to fail",
    raid6,
    0,
    [
      ["/c0/e252/s0", "ZL2PVF00", "ok", "Onln"],
      ["/c0/e252/s1", "ZL2PVF01", "ok", "Onln"],
      ["/c0/e252/s2", "ZL2PVF02", "predicted", "Onln, failure predicted"],
      ["/c0/e252/s3", "ZL2PVF03", "ok", "Onln"],
      ["/c0/e252/s4", "ZL2PVF04", "spare", "DHS"],
    ],
  ],
  [
    "RAID10 of MegaRAID: the place that is empty has the name by which it is filled",
    rebuilding,
    1,
    [
      ["/c0/e252/s2", "ZL2PVF02", "ok", "Onln"],
      ["/c0/e252/s3", "ZL2PVF03", "ok", "Onln"],
      ["/c0/e252/s4", "ZL2PVF04", "ok", "Onln"],
      ["/c0 dg=1 array=1 row=1", undefined, "missing", "Msng"],
    ],
  ],
  [
    "MegaRAID without an enclosure; some drives don't answer",
    bare,
    0,
    [
      ["/c0/s0", undefined, "failed", "Offln"],
      ["/c0/s1", undefined, "failed", "UBad"],
      ["/c0/s2", "ZL2PVF22", "ok", "Onln"],
    ],
  ],
  [
    "HPE: both logical drives have the array's disks, not the unassigned one",
    hpe("predictive"),
    1,
    [
      ["slot=0 pd 1I:1:1", "S42000A1", "ok", "OK"],
      ["slot=0 pd 1I:1:2", "S42000A2", "predicted", "Predictive Failure"],
    ],
  ],
  [
    "HPE: a spare, a failed one",
    hpe("rebuild"),
    0,
    [
      ["slot=0 pd 1I:1:1", "S42000A1", "ok", "OK"],
      ["slot=0 pd 1I:1:2", "S42000A2", "failed", "Failed"],
      ["slot=0 pd 1I:1:3", "S42000A3", "ok", "OK"],
      ["slot=0 pd 1I:1:5", "S42000A5", "ok", "OK"],
      ["slot=0 pd 1I:1:4", "S42000A4", "spare", "OK"],
    ],
  ],
] as const) {
  test(`hardware RAID's disks: ${says}`, (t) => {
    t.deepEqual(disks(hardwareRaid.parse(lines)[at]), members as unknown as ReturnType<typeof disks>);
  });
}

test("hardware RAID: what a drive of MegaRAID couldn't read is counted", (t) => {
  t.deepEqual(
    hardwareRaid.parse(raid6)[0]?.members.map(({ readErrors, slot }) => [slot, readErrors]),
    [
      ["252:0", 0],
      ["252:1", 0],
      ["252:2", 14],
      ["252:3", 0],
      ["252:4", 0],
    ],
  );
});

for (const [name, shell] of shells) {
  test(`hardware RAID by ${name}: asks the first tool that is there, without leaving a log`, (t) => {
    const host = makeHost(t);
    for (const file of ["rebuild-controllers", "rebuild-drives", "rebuild-progress", "failure"]) {
      const pretty = JSON.stringify(JSON.parse(captured(`megaraid/${file}.json`)), null, 1);
      host.file(`/said/${file}`, `${pretty.replaceAll("\n", "\r\n")}\r\n`);
    }
    host.file("/said/hpe", captured("hpe/predictive.txt").replaceAll("\n", "\r\n"));
    host.tool(
      "perccli64",
      `[ "$5" = nolog ] || [ "$4" = nolog ] || exit 1
case "$1 $2 $3" in
  "/cALL show all") f=rebuild-controllers ;;
  "/cALL/eALL/sALL show all") f=rebuild-drives ;;
  "/cALL/eALL/sALL show rebuild") f=rebuild-progress ;;
  *) f=failure ;;
esac
cat ${host.root}/said/$f; [ $f != failure ] || exit 1`,
    );
    host.tool("perccli", "echo never >&2; exit 9");
    host.tool("ssacli", `[ "$*" = "ctrl all show config detail" ] && cat ${host.root}/said/hpe`);
    const pools = hardwareRaid.parse(host.run(hardwareRaid.script, shell).lines);
    t.deepEqual(brief(pools), brief(hardwareRaid.parse([...rebuilding, ...hpe("predictive")])));
    t.is(pools.length, 4);
  });

  test(`hardware RAID by ${name}: no tool, no pools`, (t) => {
    t.deepEqual(makeHost(t).run(hardwareRaid.script, shell).lines, []);
  });
}
