import test, { type ExecutionContext } from "ava";
import type { Act } from "../../../src/raid/acts/act.ts";
import { btrfsKeeper, finish } from "../../../src/raid/keepers/btrfs.ts";
import { makeHost, shells } from "../../facts/made-host.ts";
import { member, mirror, plug } from "./pools.ts";

const one = member("devid:1", { device: "/dev/sda2", serial: "S1" });
const two = member("devid:2", { device: "/dev/sdb2", serial: "S2" });
const pool = mirror("btrfs", "/srv", [one, two]);
const groups = ["Data, RAID1", "System, RAID1", "Metadata, RAID1"];
const both = ["devid    1 size 1 used 1 path DEV/sda2", "devid    2 size 1 used 1 path DEV/sdb2"];

interface Said {
  readonly show?: readonly string[];
  readonly df?: readonly string[];
  readonly replace?: string;
  readonly balance?: string;
}

function hostWith(t: ExecutionContext, { show = both, df = groups, replace = "Never started", balance = "" }: Said) {
  const host = makeHost(t);
  plug(host, "sda", "S1", [1, 2]);
  plug(host, "sdb", "S2", [1, 2]);
  plug(host, "sdc", "S9", [1, 2]);
  const shown = show.map((line) => `\t${line.replace("DEV", `${host.root}/dev`)}`);
  host.file("/show", [`Label: 'srv'  uuid: 38d2ef12`, "\tTotal devices 2 FS bytes used 1", ...shown, ""].join("\n"));
  host.file("/df", [...df, "GlobalReserve, single"].map((line) => `${line}: total=1048576, used=4096\n`).join(""));
  host.tool(
    "btrfs",
    `for last; do :; done
[ "$last" = /srv ] || exit 1
case "$1 $2" in
  "filesystem show") cat ${host.root}/show ;;
  "filesystem df") cat ${host.root}/df ;;
  "replace status") echo "${replace}" ;;
  "balance status") echo "${balance}" ;;
  *) echo "$@" >> ${host.root}/asked ;;
esac`,
  );
  host.tool("sync", ":");
  return (act: Act | undefined, shell: readonly string[]) => {
    host.file("/asked", "");
    const { lines, exitCode } = host.run(act?.script ?? "exit 9", shell);
    return { lines, exitCode, changes: host.read("/asked").replaceAll(host.root, "").split("\n").filter(Boolean) };
  };
}

const refused = (words: string) => ({ lines: [`@refuse ${words}`], exitCode: 3, changes: [] });

for (const [name, shell] of shells) {
  for (const [says, said, expected] of [
    ["a mirror's disk", {}, { lines: ["ready /dev/sdb2"], exitCode: 0, changes: [] }],
    [
      "it is missing already",
      { show: [both[0], "devid    2 size 0 used 0 path  MISSING"] },
      { lines: ["absent"], exitCode: 0, changes: [] },
    ],
    [
      "the other one is missing",
      { show: ["devid    1 size 0 used 0 path  MISSING", both[1]] },
      refused("last-copy devid 1 of the btrfs at /srv is missing already"),
    ],
    [
      "older tools say that some are missing",
      { show: [both[1], "*** Some devices missing"] },
      refused("last-copy one of its devices of the btrfs at /srv is missing already"),
    ],
    [
      "a part has one copy",
      { df: [...groups, "Data, single"] },
      refused("last-copy a part of the btrfs at /srv has one copy only: Data is single; "),
    ],
    [
      "all has one copy",
      { df: ["Data, single", "Metadata, DUP"] },
      refused("last-copy a part of the btrfs at /srv has one copy only: Data is single; Metadata is DUP; "),
    ],
    [
      "a replace runs",
      { replace: "40.7% done, 0 write errs, 0 uncorr. read errs" },
      refused("not-finished a replace runs on /srv: 40.7% done, 0 write errs, 0 uncorr. read errs"),
    ],
    [
      "under its devid is another disk",
      { show: [both[0], "devid    2 size 1 used 1 path DEV/sdc2"] },
      refused('moved /dev/sdc2 is on the disk "S9", not on S2'),
    ],
  ] as const) {
    test(`btrfs leave by ${name}: ${says}`, (t) => {
      t.deepEqual(hostWith(t, said as Said)(btrfsKeeper.steps(pool, two, []).leave[0], shell) as unknown, expected);
    });
  }

  for (const [says, said, fresh, expected] of [
    [
      "missing: replaced by its number",
      { show: [both[0], "devid    2 size 0 used 0 path  MISSING"] },
      "S9",
      {
        lines: ["replacing 2 /dev/disk/by-id/ata-DISK_S9-part2"],
        exitCode: 0,
        changes: ["replace start -r 2 /dev/disk/by-id/ata-DISK_S9-part2 /srv"],
      },
    ],
    [
      "both are there: it is read where the others can't be",
      {},
      "S9",
      {
        lines: ["replacing 2 /dev/disk/by-id/ata-DISK_S9-part2"],
        exitCode: 0,
        changes: ["replace start -r 2 /dev/disk/by-id/ata-DISK_S9-part2 /srv"],
      },
    ],
    [
      "one runs already",
      { replace: "0.0% done, 0 write errs, 0 uncorr. read errs" },
      "S9",
      { lines: ["running 0.0% done, 0 write errs, 0 uncorr. read errs"], exitCode: 0, changes: [] },
    ],
    [
      "another disk has its number",
      { show: [both[0], "devid    2 size 1 used 1 path DEV/sdc1"] },
      "S9",
      refused("moved device 2 of /srv is on the disk S9, not on S2"),
    ],
    ["the new one isn't there", {}, "S8", refused("no-disk there is no disk with the serial number S8")],
  ] as const) {
    test(`btrfs join by ${name}: ${says}`, (t) => {
      t.deepEqual(
        hostWith(t, said as Said)(btrfsKeeper.steps(pool, two, []).join(fresh)[1], shell) as unknown,
        expected,
      );
    });
  }

  for (const [says, said, expected] of [
    ["all has its copies", {}, { lines: ["whole"], exitCode: 0, changes: [] }],
    [
      "data was written meanwhile",
      { df: [...groups, "Data, single"] },
      {
        lines: ["balancing -dconvert=raid1,soft"],
        exitCode: 0,
        changes: ["balance start --background -dconvert=raid1,soft /srv"],
      },
    ],
    [
      "metadata, too, of a RAID6 with RAID1C3",
      { df: ["Data, RAID6", "Data, single", "Metadata, RAID1C3", "Metadata, DUP"] },
      {
        lines: ["balancing -dconvert=raid6,soft -mconvert=raid1c3,soft"],
        exitCode: 0,
        changes: ["balance start --background -dconvert=raid6,soft -mconvert=raid1c3,soft /srv"],
      },
    ],
    [
      "it is being balanced",
      { df: [...groups, "Data, single"], balance: "Balance on '/srv' is running" },
      { lines: ["balancing"], exitCode: 0, changes: [] },
    ],
    ["the replace isn't over", { replace: "99.9% done" }, refused("not-finished a replace runs on /srv: 99.9% done")],
    [
      "a device is missing",
      { show: [both[0], "devid    2 size 0 used 0 path  MISSING"] },
      refused("not-finished devid 2 of the btrfs at /srv is missing"),
    ],
    [
      "it never had two copies",
      { df: ["Data, single"] },
      refused("no-pool nothing on the btrfs at /srv has two copies: Data is single; "),
    ],
  ] as const) {
    test(`btrfs finish by ${name}: ${says}`, (t) => {
      t.deepEqual(hostWith(t, said as Said)(finish(pool), shell) as unknown, expected);
    });
  }
}

test("btrfs: a device without a number, or one that is being filled, isn't replaced", (t) => {
  const degraded = (broken: typeof two) =>
    mirror("btrfs", "/srv", [one, broken], { redundancyLeft: 0, state: "degraded" });
  for (const [broken, message] of [
    [member("devid:?", { state: "missing" }), /isn't named by btrfs/],
    [member("devid:0", { state: "rebuilding" }), /is being filled/],
  ] as const) {
    t.throws(() => btrfsKeeper.steps(degraded(broken), broken, []), { message });
  }
});

test("btrfs: on whole disks no table is copied", (t) => {
  const members = [
    member("devid:1", { device: "/dev/sda", serial: "S1" }),
    member("devid:2", { device: "/dev/sdb", serial: "S2" }),
  ];
  const acts = btrfsKeeper.steps(mirror("btrfs", "/srv", members), members[1] as never, []).join("S9");
  t.deepEqual(
    acts.map((act) => act.name),
    ["replacing the disk in the btrfs"],
  );
});
