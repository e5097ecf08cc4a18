import test from "ava";
import { borg } from "../../../src/raid/probes/borg.ts";
import { command } from "../../../src/raid/probes/command.ts";
import { dumps } from "../../../src/raid/probes/dumps.ts";
import type { BackupSettings, Probe } from "../../../src/raid/probes/probe.ts";
import { restic } from "../../../src/raid/probes/restic.ts";
import { backup, linesOf, recorded, report, told } from "./recorded.ts";

/** 2026-11-21 09:00:00 UTC by the host's clock. */
const clock = ["now 1795251600", "host probes"];
const answer = (name: string) => [...clock, ...linesOf(name, "answer 0 ")];
const says = (...lines: string[]) => [...clock, ...lines.map((line) => `answer 0 ${line}`)];
const json = (value: unknown) => says(JSON.stringify(value));
const snapshots = answer("restic-snapshots.json");

type Row = readonly [
  what: string,
  probe: Probe,
  some: Partial<BackupSettings>,
  lines: readonly string[],
  piece: string,
];

const rows: readonly Row[] = [
  ["the newest snapshot that holds it", restic, { covers: ["/srv"] }, snapshots, "present | files of /srv: 1699"],
  ["a folder below one that is in it", restic, { covers: ["/srv/www"] }, snapshots, "files of /srv/www: 1699"],
  ["a folder that only sounds like it", restic, { covers: ["/srv2"] }, snapshots, "files of /srv2: none"],
  [
    "each folder by itself",
    restic,
    { covers: ["/home", "/opt"] },
    snapshots,
    "files of /home: 1699 | files of /opt: none",
  ],
  [
    "a database has no path: the newest",
    restic,
    { covers: ["mariadb"], kind: "dump" },
    snapshots,
    "dump of mariadb: 1698",
  ],
  [
    "another host's snapshots aren't its own",
    restic,
    {},
    ["now 1795251600", "host web9", ...snapshots.slice(2)],
    "files of /srv: none",
  ],
  [
    "the host's full name",
    restic,
    {},
    ["now 1795251600", "host probes.example.org", ...snapshots.slice(2)],
    "files of /srv: 1699",
  ],
  ["an empty repository", restic, {}, says("[]"), "files of /srv: none"],
  [
    "a snapshot of tomorrow",
    restic,
    {},
    ["now 1795100000", "host probes", ...snapshots.slice(2)],
    "unknown: a backup is 149900 s in the future",
  ],
  ["restic says garbage", restic, {}, says("Fatal: wrong"), 'unknown: no JSON, but "Fatal: wrong"'],
  ["restic says nothing", restic, {}, clock, 'unknown: no JSON, but ""'],
  [
    "restic says another shape",
    restic,
    {},
    json([{ time: 1 }]),
    "unknown: restic's list of snapshots has another shape",
  ],
  ["no clock", restic, {}, snapshots.slice(1), "unknown: the host's clock or name is missing"],
  ["borg's newest archive, in UTC", borg, {}, answer("borg-list.json"), "present | files of /srv: 1692"],
  ["borg's empty repository", borg, {}, answer("borg-list-empty.json"), "present | files of /srv: none"],
  [
    "borg: another host's",
    borg,
    {},
    ["now 1795251600", "host web9", ...answer("borg-list.json").slice(2)],
    "files of /srv: none",
  ],
  [
    "borg: a checkpoint isn't whole",
    borg,
    {},
    says(
      recorded("borg-list.json")
        .replaceAll(/"name": "([^"]+)"/g, '"name": "$1.checkpoint"')
        .replaceAll("\n", " "),
    ),
    "files of /srv: none",
  ],
  [
    "borg without host names",
    borg,
    {},
    json({ archives: [{ name: "a", start: "2026-11-21T08:00:00" }] }),
    "unknown: borg's list of archives has another shape",
  ],
  ["borg says garbage", borg, {}, says("Enter passphrase"), 'unknown: no JSON, but "Enter passphrase"'],
  [
    "a whole dump",
    dumps,
    { covers: ["mariadb"], kind: "dump" },
    says("good 1795244400"),
    "present | dump of mariadb: 7200",
  ],
  [
    "an older one, since the newest is cut off",
    dumps,
    {},
    says("bad 20261121 ./a.sql.gz: it is cut off", "good 1795158000"),
    ": 93600",
  ],
  ["no good dump at all", dumps, {}, says("bad 20261121 ./a.sql: it is empty", "none"), "files of /srv: none"],
  ["dumps: garbage", dumps, {}, says("good morning"), 'unknown: /srv/dumps: "good morning" makes no sense'],
  ["dumps: nothing", dumps, {}, clock, "unknown: /srv/dumps:"],
  [
    "a command's word",
    command,
    { covers: ["/srv"] },
    json({
      backups: [{ covers: ["/srv"], kind: "files", lastOk: "2026-11-21T09:00:00+01:00", restoreTested: "2026-11-01" }],
    }),
    "present | files of /srv: 3600",
  ],
  [
    "a command that knows of none",
    command,
    {},
    json({ backups: [{ covers: ["/srv"], kind: "files", lastOk: null }] }),
    "files of /srv: none",
  ],
  [
    "a command that doesn't tell of all",
    command,
    { covers: ["/srv", "/home"] },
    json({ backups: [{ covers: ["/srv"], kind: "dump", lastOk: null }] }),
    "dump of /srv: none | files of /home: none",
  ],
  [
    "a command: a slip in a key",
    command,
    {},
    json({ backups: [{ covers: ["/srv"], kind: "files", lastOK: null }] }),
    "unknown: the command's answer: backups.0",
  ],
  [
    "a command: no word of the last one",
    command,
    {},
    json({ backups: [{ covers: ["/srv"], kind: "files" }] }),
    "unknown: the command's answer: backups.0.lastOk",
  ],
  ["a command: no list", command, {}, json([]), "unknown: the command's answer:"],
  [
    "a command: no moment",
    command,
    {},
    json({ backups: [{ covers: ["/srv"], kind: "files", lastOk: "yesterday" }] }),
    'unknown: "yesterday" is no moment',
  ],
  ["a command: half of it", command, {}, says('{"backups":['), "unknown: no JSON, but"],
];

for (const [what, probe, some, lines, piece] of rows) {
  test(`${probe.name}: ${what}`, (t) => {
    const settings = { backups: [backup({ ...some, with: probe.name as BackupSettings["with"] })] };
    const line = told(report(probe, lines, settings));
    t.true(line.includes(piece), line);
  });
}

for (const probe of [restic, borg, dumps, command]) {
  test(`${probe.name}: a node whose inventory doesn't name it isn't asked`, (t) => {
    const others = { backups: [backup({ with: probe === restic ? "borg" : "restic" })] };
    t.is(probe.script(others), undefined);
    t.is(told(report(probe, [], others)), "absent");
  });
}

test("what was found is beside what the inventory asks for", (t) => {
  const lines = json({ backups: [{ covers: ["/srv"], kind: "files", lastOk: null, restoreTested: "2026-11-01" }] });
  const found = report(command, lines, { backups: [backup({ with: "command", runNow: "make-one" })] });
  const [only] = found.state === "present" ? (found.backups ?? []) : [];
  t.like(only, { tool: "command", maxAgeSeconds: 93_600, restoreTestedAgoSeconds: 1_760_400 });
  t.regex(only?.runNow ?? "", /eval make-one/);
});

test("a backup is the same one after a new run of it: who waits for it finds it again", (t) => {
  const settings = { backups: [backup({ covers: ["/srv", "/home", "/opt"] })] };
  const names = (lines: readonly string[]) => {
    const found = report(restic, lines, settings);
    return found.state === "present" ? found.backups?.map(({ covers }) => covers.join()) : [];
  };
  t.deepEqual(names(snapshots), names(says("[]")));
});
