import test, { type ExecutionContext } from "ava";
import type { Act } from "../../../src/raid/acts/act.ts";
import { readBay } from "../../../src/raid/keepers/keeper.ts";
import { megaraidKeeper } from "../../../src/raid/keepers/megaraid.ts";
import { makeHost, shells } from "../../facts/made-host.ts";
import { member, mirror } from "./pools.ts";

const one = member("/c0/e252/s0", { serial: "S1", slot: "252:0", said: "Onln" });
const two = member("/c0/e252/s1", { serial: "S2", slot: "252:1", said: "Onln" });
const pool = mirror("megaraid", "/c0/v0", [one, two], { said: "Optl" });

interface Bay {
  /** State, group, serial of the drive in bay 252:1; none: it is empty. */
  readonly drive?: string;
  readonly volume?: string;
  /** Rows of the topology that miss their drive. */
  readonly missing?: readonly string[];
  /** Other drives with foreign configurations. */
  readonly foreign?: readonly string[];
  /** A command that the controller doesn't do: part of its words. */
  readonly deaf?: string;
  /** The controller rebuilds a good drive by itself. */
  readonly auto?: boolean;
}

/** A controller with one bay of interest, in files; it says what storcli says, and does what it is told. */
function hostWith(t: ExecutionContext, bay: Bay) {
  const host = makeHost(t);
  host.file("/drive", bay.drive === undefined ? "" : `${bay.drive}\n`);
  host.file("/volume", `${bay.volume ?? "Optl"}\n`);
  host.file("/missing", (bay.missing ?? []).map((row) => `${row}\n`).join(""));
  host.file("/foreign", (bay.foreign ?? []).map((row) => `${row}\n`).join(""));
  host.tool(
    "storcli64",
    `R=${host.root}
for last; do :; done
[ "$last" = nolog ] || exit 1
read -r state group serial < $R/drive
read -r volume < $R/volume
head() { printf 'CLI Version = 007.2807\\nController = 0\\nStatus = %s\\nDescription = %s\\n\\n' "$1" "$2"; }
keep() { echo "$1 $2 $serial" > $R/drive; }
row() { printf '252:1    31 %s %4s 3.637 TB SATA HDD N   N  512B ST4000NM0035 U  -    \\n' "$state" "$group"; }
case "$*" in *show*) ;; *) echo "$@" >> $R/asked
  case "${bay.deaf ?? "nothing is deaf"}" in "$1 $2 $3") head Failure 'Operation not allowed'; exit 1 ;; esac ;;
esac
case "$*" in
  "/c0/e252/s1 show all nolog")
    [ -n "$state" ] || { head Failure 'No drive found!'; exit 1; }
    head Success 'Show Drive Information Succeeded.'
    printf 'EID:Slt DID State DG Size Intf\\n'; row
    printf 'Drive /c0/e252/s1 Device attributes :\\nSN =         %s\\nManufacturer Id = ATA\\n' "$serial" ;;
  "/c0/v0 show nolog") head Success None; printf 'DG/VD TYPE  State Access\\n0/0   RAID1 %s  RW     Yes\\n' "$volume" ;;
  "/c0 show nolog")
    head Success None
    printf ' DG Arr Row EID:Slot DID Type  State BT\\n 0 -   -   -        -   RAID1 Dgrd  N\\n 0 0   0   252:0    30  DRIVE Onln  N  3.637 TB\\n'
    while read -r m; do printf ' %s   -        -   DRIVE Msng  -  3.637 TB\\n' "$m"; done < $R/missing
    printf '252:0    30 Onln 0 3.637 TB\\n'; row
    while read -r f; do printf '%s    40 UGood F 3.637 TB\\n' "$f"; done < $R/foreign ;;
  *"set offline nolog") keep Offln "$group"; head Success None ;;
  *"set missing nolog") keep UGood -; echo "0 0 1" >> $R/missing; head Success None ;;
  *"spindown nolog" | *"locate nolog") head Success None ;;
  "/c0/fall del nolog") keep "$state" -; head Success None ;;
  *"set good force nolog") ${bay.auto ? "keep Rbld 0" : "keep UGood -"}; head Success None ;;
  *"insert dg=0 array=0 row=1 nolog") keep Offln 0; : > $R/missing; head Success None ;;
  *"start rebuild nolog") keep Rbld 0; head Success None ;;
  *) head Failure 'syntax error'; exit 1 ;;
esac`,
  );
  return (act: Act | undefined, shell: readonly string[]) => {
    host.file("/asked", "");
    const { lines, exitCode } = host.run(act?.script ?? "exit 9", shell);
    return {
      lines,
      exitCode,
      did: host
        .read("/asked")
        .split("\n")
        .filter(Boolean)
        .map((line) => line.replace(/ nolog$/, "")),
    };
  };
}

const bay = "/c0/e252/s1";
const did = (...words: readonly string[]) => words.map((word) => `${bay} ${word}`);
const out = did("set offline", "set missing", "spindown");
const filled = did("insert dg=0 array=0 row=1", "start rebuild");
const refused = (words: string, done: readonly string[] = []) => ({
  lines: [`@refuse ${words}`],
  exitCode: 3,
  did: done,
});

for (const [name, shell] of shells) {
  for (const [says, given, expected] of [
    ["offline, missing, spun down", { drive: "Onln 0 S2" }, { lines: [`out ${bay}`], exitCode: 0, did: out }],
    [
      "it was interrupted after the first",
      { drive: "Offln 0 S2", volume: "Dgrd" },
      { lines: [`out ${bay}`], exitCode: 0, did: out.slice(1) },
    ],
    ["it is out", { drive: "UGood - S2", volume: "Dgrd" }, { lines: [`out ${bay}`], exitCode: 0, did: out.slice(2) }],
    ["it was pulled", { volume: "Dgrd" }, { lines: ["absent"], exitCode: 0, did: [] }],
    ["another disk is in its bay", { drive: "Onln 0 S9" }, refused("moved in /c0/e252/s1 is the disk S9, not S2")],
    [
      "the virtual drive lost another one meanwhile",
      { drive: "Onln 0 S2", volume: "Dgrd" },
      refused("moved /c0/v0 is Dgrd, and was Optl when this was planned"),
    ],
    [
      "it belongs to another group",
      { drive: "Onln 1 S2" },
      refused("moved /c0/e252/s1 is in drive group 1, /c0/v0 in 0"),
    ],
    [
      "it is being filled",
      { drive: "Rbld 0 S2", volume: "Dgrd" },
      refused("member-active /c0/e252/s1 is being filled (Rbld)"),
    ],
    [
      "the controller doesn't do it",
      { drive: "Onln 0 S2", deaf: `${bay} set offline` },
      { lines: [], exitCode: 1, did: out.slice(0, 1) },
    ],
  ] as const) {
    test(`megaraid leave by ${name}: ${says}`, (t) => {
      t.deepEqual(hostWith(t, given)(megaraidKeeper.steps(pool, two, []).leave[0], shell) as unknown, expected);
    });
  }

  const empty = { volume: "Dgrd", missing: ["0 0   1"] };
  for (const [says, given, mayErase, expected] of [
    [
      "it rebuilds by itself",
      { ...empty, drive: "Rbld 0 S9" },
      false,
      { lines: [`Rbld ${bay}`], exitCode: 0, did: [] },
    ],
    [
      "good and unconfigured: put in its place, and started",
      { ...empty, drive: "UGood - S9" },
      false,
      { lines: [`Rbld ${bay}`], exitCode: 0, did: filled },
    ],
    [
      "the old disk again",
      { ...empty, drive: "UGood - S2" },
      false,
      refused("same-disk in /c0/e252/s1 is the old disk S2 again"),
    ],
    ["nothing is in the bay", empty, false, refused("no-disk nothing is in /c0/e252/s1: No drive found! ")],
    [
      "foreign, and nobody said that it may go",
      { ...empty, drive: "UGood F S9" },
      false,
      refused("disk-not-blank /c0/e252/s1 holds the configuration of another controller"),
    ],
    [
      "foreign, and it may go",
      { ...empty, drive: "UGood F S9" },
      true,
      { lines: [`Rbld ${bay}`], exitCode: 0, did: ["/c0/fall del", ...filled] },
    ],
    [
      "foreign, but so is another drive",
      { ...empty, drive: "UGood F S9", foreign: ["252:7"] },
      true,
      refused("disk-not-blank 2 drives of /c0 hold foreign configurations, which can only go together"),
    ],
    [
      "JBOD, and nobody said that it may go",
      { ...empty, drive: "JBOD - S9" },
      false,
      refused("disk-not-blank /c0/e252/s1 is a disk of its own (JBOD): what is on it would be lost"),
    ],
    [
      "JBOD, and it may go",
      { ...empty, drive: "JBOD - S9" },
      true,
      { lines: [`Rbld ${bay}`], exitCode: 0, did: [...did("set good force"), ...filled] },
    ],
    [
      "called bad: made good, then it rebuilds by itself",
      { ...empty, drive: "UBad - S9", auto: true },
      false,
      { lines: [`Rbld ${bay}`], exitCode: 0, did: did("set good force") },
    ],
    [
      "called bad, and it stays so",
      { ...empty, drive: "UBad - S9", deaf: `${bay} set good` },
      false,
      refused("disk-bad the controller calls /c0/e252/s1 bad: Operation not allowed ", did("set good force")),
    ],
    [
      "the group has no empty place",
      { volume: "Optl", drive: "UGood - S9" },
      false,
      refused("no-place drive group 0 has not exactly one empty place: none"),
    ],
    [
      "it belongs to another group",
      { ...empty, drive: "Onln 1 S9" },
      false,
      refused("disk-in-use /c0/e252/s1 belongs to drive group 1, not to 0"),
    ],
    ["it is a hot spare", { ...empty, drive: "GHS - S9" }, false, refused("disk-in-use /c0/e252/s1 is GHS")],
  ] as const) {
    test(`megaraid join by ${name}: ${says}`, (t) => {
      t.deepEqual(
        hostWith(t, given)(megaraidKeeper.steps(pool, two, []).join(bay, mayErase)[0], shell) as unknown,
        expected,
      );
    });
  }

  test(`megaraid light by ${name}: on, off, and none where the bay doesn't do it`, (t) => {
    const run = hostWith(t, { drive: "Onln 0 S2" });
    const { locateOn, locateOff } = megaraidKeeper.steps(pool, two, []);
    t.deepEqual(run(locateOn, shell), { lines: ["led controller"], exitCode: 0, did: did("start locate") });
    t.deepEqual(run(locateOff, shell), { lines: ["led controller"], exitCode: 0, did: did("stop locate") });
    const deaf = hostWith(t, { deaf: `${bay} start locate` });
    t.deepEqual(deaf(locateOn, shell), { lines: ["led none"], exitCode: 0, did: did("start locate") });
  });

  test(`megaraid by ${name}: who is in the bay`, (t) => {
    const look = (given: Bay) => {
      const { lines } = hostWith(t, given)(megaraidKeeper.steps(pool, two, []).bay?.look(bay), shell);
      return readBay(lines);
    };
    t.deepEqual(look({ drive: "UGood F S9" }), { serial: "S9", said: "UGood" });
    t.deepEqual(look({ drive: "Onln 0 S2" }), { serial: "S2", said: "Onln" });
    t.is(look({}), undefined);
  });

  test(`megaraid by ${name}: without a tool nothing is done`, (t) => {
    const { lines } = makeHost(t).run(megaraidKeeper.steps(pool, two, []).leave[0]?.script ?? "", shell);
    t.deepEqual(lines, ["@refuse no-tool neither storcli nor perccli is there"]);
  });
}

test("megaraid: a place whose drive is missing is joined by the bay's name", (t) => {
  const gone = member("/c0 dg=0 array=0 row=1", { state: "missing", said: "Msng" });
  const degraded = mirror("megaraid", "/c0/v0", [one, gone], { redundancyLeft: 0, state: "degraded", said: "Dgrd" });
  const { leave, join } = megaraidKeeper.steps(degraded, gone, []);
  t.deepEqual(leave, []);
  t.regex(join(bay)[0]?.script ?? "", /m_join \/c0\/v0 \/c0\/e252\/s1 '' no/);
  t.throws(() => join("sdb"), { message: /is called \/c0\/e252\/s1/ });
});
