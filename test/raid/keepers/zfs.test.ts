import test, { type ExecutionContext } from "ava";
import type { Act } from "../../../src/raid/acts/act.ts";
import { zfsKeeper } from "../../../src/raid/keepers/zfs.ts";
import { makeHost, shells } from "../../facts/made-host.ts";
import { disk, member, mirror, plug } from "./pools.ts";

const by = (serial: string, part = 3) => `/dev/disk/by-id/ata-DISK_${serial}-part${part}`;
const old = member("1700000000000000002", { device: by("S2"), serial: "S2" });
const other = member("1700000000000000001", { device: by("S1"), serial: "S1" });
const pool = mirror("zfs", "rpool", [other, old]);

/** A pool in a file: `GUID PATH STATE NOTE`, a line for each leaf below mirror-0 or another vdev. */
function hostWith(t: ExecutionContext, rows: readonly string[], vdev = "mirror-0") {
  const host = makeHost(t);
  plug(host, "sda", "S1", [1, 3]);
  plug(host, "sdb", "S2", [1, 3]);
  plug(host, "sdc", "S9", [1, 3]);
  host.file("/rows", `${rows.join("\n")}\n`);
  host.tool(
    "zpool",
    `echo "$@" >> ${host.root}/asked
rows=${host.root}/rows
case $1 in
  status)
    for last; do :; done
    [ "$last" = rpool ] || exit 1
    printf '  pool: rpool\\n state: ONLINE\\nconfig:\\n\\n\\tNAME STATE READ WRITE CKSUM\\n'
    top=${vdev}; case $* in *-g*) top=5204331276014416112 ;; esac
    printf '\\trpool ONLINE 0 0 0\\n\\t  %s ONLINE 0 0 0\\n' "$top"
    while read -r guid path state note; do
      case $* in *-g*) name=$guid ;; *-L*) name=$(readlink -f ${host.root}$path) ;; *) name=$path ;; esac
      printf '\\t    %s  %s 0 0 0 %s\\n' "$name" "$state" "$note"
    done < $rows
    printf '\\nerrors: No known data errors\\n' ;;
  offline) sed "s|^$3 \\([^ ]*\\) [A-Z]*|$3 \\1 OFFLINE|" $rows > $rows.new; mv $rows.new $rows ;;
  online) sed "s|^$3 \\([^ ]*\\) [A-Z]*|$3 \\1 ONLINE|" $rows > $rows.new; mv $rows.new $rows ;;
  replace) echo "77 $(echo $4 | sed 's|^${host.root}||') ONLINE (resilvering)" >> $rows ;;
  *) exit 2 ;;
esac`,
  );
  const run = (act: Act | undefined, shell: readonly string[]) => {
    host.file("/asked", "");
    const { lines, exitCode } = host.run(act?.script ?? "exit 9", shell);
    const changes = host
      .read("/asked")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("status"));
    return { lines, exitCode, changes: changes.map((line) => line.replaceAll(host.root, "")) };
  };
  return { host, run };
}

const rows = (...states: readonly string[]) =>
  states.map((state, at) => `170000000000000000${at + 1} ${by(`S${at + 1}`)} ${state}`);

for (const [name, shell] of shells) {
  for (const [says, given, vdev, expected] of [
    [
      "a mirror's disk is taken offline by its GUID",
      rows("ONLINE", "ONLINE"),
      "mirror-0",
      { lines: ["offlined 1700000000000000002"], exitCode: 0, changes: ["offline rpool 1700000000000000002"] },
    ],
    ["it is offline already", rows("ONLINE", "OFFLINE"), "mirror-0", { lines: ["absent"], exitCode: 0, changes: [] }],
    [
      "the other one failed meanwhile",
      rows("FAULTED", "ONLINE"),
      "mirror-0",
      {
        lines: [
          "@refuse last-copy the ZFS pool rpool can't spare 1700000000000000002: 1700000000000000001 is FAULTED; ",
        ],
        exitCode: 3,
        changes: [],
      },
    ],
    [
      "the other one is being filled",
      rows("ONLINE (resilvering)", "ONLINE"),
      "mirror-0",
      {
        lines: [
          "@refuse last-copy the ZFS pool rpool can't spare 1700000000000000002: 1700000000000000001 is being filled; ",
        ],
        exitCode: 3,
        changes: [],
      },
    ],
    [
      "raidz2 may spare another one",
      rows("FAULTED", "ONLINE"),
      "raidz2-0",
      { lines: ["offlined 1700000000000000002"], exitCode: 0, changes: ["offline rpool 1700000000000000002"] },
    ],
    [
      "raidz1 may not",
      rows("FAULTED", "ONLINE"),
      "raidz1-0",
      {
        lines: [
          "@refuse last-copy the ZFS pool rpool can't spare 1700000000000000002: 1700000000000000001 is FAULTED; ",
        ],
        exitCode: 3,
        changes: [],
      },
    ],
    [
      "under its name is another disk",
      [rows("ONLINE")[0] ?? "", `1700000000000000002 ${by("S9")} ONLINE`],
      "mirror-0",
      { lines: [`@refuse moved ${by("S9")} is on the disk "S9", not on S2`], exitCode: 3, changes: [] },
    ],
    [
      "it isn't in the pool any more",
      rows("ONLINE"),
      "mirror-0",
      { lines: ["@refuse no-member 1700000000000000002 is not in the ZFS pool rpool"], exitCode: 3, changes: [] },
    ],
  ] as const) {
    test(`zfs leave by ${name}: ${says}`, (t) => {
      const { host, run } = hostWith(
        t,
        given.map((row) => row),
        vdev,
      );
      host.file("/rows", `${given.join("\n")}\n`.replaceAll("/dev/", `${host.root}/dev/`));
      const result = run(zfsKeeper.steps(pool, old, []).leave[0], shell);
      t.deepEqual(result as unknown, expected);
    });
  }

  test(`zfs join by ${name}: replaced by GUID, with a name that lasts, never added; twice is once`, (t) => {
    const { run } = hostWith(t, rows("ONLINE", "OFFLINE"));
    const [, replace] = zfsKeeper.steps(pool, old, [disk("S1", [1, 3])]).join("S9");
    t.deepEqual(run(replace, shell), {
      lines: [`replacing 1700000000000000002 ${by("S9")}`],
      exitCode: 0,
      changes: [`replace rpool 1700000000000000002 ${by("S9")}`],
    });
    t.deepEqual(run(replace, shell), { lines: ["already sdc3"], exitCode: 0, changes: [] });
  });

  for (const [says, fresh, refusal] of [
    ["the new disk isn't there", "S8", "@refuse no-disk there is no disk with the serial number S8"],
    ["the partition isn't there", "S7", "@refuse no-partition the disk S7 (sdd) has no partition 3"],
    ["the old disk again", "S2", `@refuse same-disk S2 is in rpool already`],
    ["it is mounted", "S9", "@refuse disk-in-use the new disk S9: sdc3 is used as swap"],
  ] as const) {
    test(`zfs join by ${name}: refused when ${says}`, (t) => {
      const { host, run } = hostWith(t, rows("ONLINE", "OFFLINE"));
      plug(host, "sdd", "S7", [1]);
      host.file("/proc/swaps", `Filename\n${host.root}/dev/sdc3 partition 1 0 -2\n`);
      host.file(
        "/rows",
        `${host
          .read("/rows")
          .replace("OFFLINE", says === "the old disk again" ? "ONLINE" : "OFFLINE")
          .replaceAll("/dev/", `${host.root}/dev/`)}`,
      );
      const replace = zfsKeeper.steps(pool, old, [disk("S1", [1, 3])]).join(fresh)[1];
      t.deepEqual(run(replace, shell), { lines: [refusal], exitCode: 3, changes: [] });
    });
  }

  test(`zfs take back by ${name}: online again by its GUID, once, and never another disk under its name`, (t) => {
    const { host, run } = hostWith(t, rows("ONLINE", "OFFLINE"));
    const show = (given: readonly string[]) =>
      host.file("/rows", `${given.join("\n")}\n`.replaceAll("/dev/", `${host.root}/dev/`));
    show(rows("ONLINE", "OFFLINE"));
    const { takeBack } = zfsKeeper.steps(pool, old, []);
    const back = "none" in takeBack ? undefined : takeBack;
    t.deepEqual(run(back, shell), {
      lines: ["onlined 1700000000000000002"],
      exitCode: 0,
      changes: ["online rpool 1700000000000000002"],
    });
    t.deepEqual(run(back, shell), { lines: ["ONLINE 1700000000000000002"], exitCode: 0, changes: [] });
    show([rows("ONLINE")[0] ?? "", `1700000000000000002 ${by("S9")} OFFLINE`]);
    t.is(run(back, shell).exitCode, 3);
  });

  test(`zfs start by ${name}: only where Proxmox's tool is set up`, (t) => {
    const { host, run } = hostWith(t, rows("ONLINE", "ONLINE"));
    const start = zfsKeeper.steps(pool, old, [disk("S1", [1, 3])]).join("S9")[2];
    t.deepEqual(run(start, shell).lines, ["none"]);
    host.tool("proxmox-boot-tool", `echo "$@" >> ${host.root}/boot`);
    host.tool(
      "lsblk",
      `case "$*" in *PARTTYPE*sdc1) echo C12A7328-F81F-11D2-BA4B-00A0C93EC93B ;; *PARTTYPE*) echo 6a898cc3 ;; esac`,
    );
    t.deepEqual(run(start, shell).lines, ["boots sdc1"]);
    t.is(host.read("/boot").replaceAll(host.root, ""), "status\nformat /dev/sdc1\ninit /dev/sdc1\nclean\n");
  });
}

test("zfs: what a replacement is made of", (t) => {
  const acts = (device: string, numbers: readonly number[]) => {
    const members = [
      member("1", { device: device.replace("S2", "S1"), serial: "S1" }),
      member("2", { device, serial: "S2" }),
    ];
    const named = mirror("zfs", "tank", members);
    return zfsKeeper
      .steps(named, members[1] as never, [disk("S1", numbers)])
      .join("S9")
      .map((act) => act.name);
  };
  const whole = ["replacing the disk in the ZFS pool"];
  t.deepEqual(acts(by("S2", 1), [1, 9]), whole);
  t.deepEqual(acts("/dev/disk/by-id/ata-DISK_S2", []), whole);
  t.deepEqual(acts(by("S2"), [1, 2, 3]), [
    "partitioning the new disk",
    ...whole,
    "making the new disk start the machine, as Proxmox does",
  ]);
});

test("zfs: a disk that is gone already has nothing to be taken out", (t) => {
  const gone = { ...old, state: "missing", said: "UNAVAIL" } as const;
  const degraded = mirror("zfs", "rpool", [other, gone], { state: "degraded", redundancyLeft: 0 });
  t.deepEqual(zfsKeeper.steps(degraded, gone, []).leave, []);
});

test("zfs: without a GUID nothing is done", (t) => {
  t.throws(() => zfsKeeper.steps(pool, { ...old, name: "/dev/sdb3" }, []), {
    message: /its GUID in rpool isn't known/,
  });
});

test("zfs: no act ever adds", (t) => {
  const { leave, join, locateOn, locateOff } = zfsKeeper.steps(pool, old, [disk("S1", [1, 3])]);
  for (const { script } of [...leave, ...join("S9"), locateOn, locateOff]) t.notRegex(script, /^[^#]*zpool add/m);
});
