import test from "ava";
import { diskStatus } from "../../src/raid/disk-status.ts";
import type { ProbeReport } from "../../src/raid/probes/probe.ts";
import { failDisk, pullDisk, raid6, serials, twoDisks } from "./worlds.ts";

const B = serials[1] as string;
const backup = (covers: readonly string[], ageSeconds: number | undefined): ProbeReport => ({
  probe: "restic",
  label: "restic backups",
  state: "present",
  backups: [
    {
      covers,
      kind: "files",
      tool: "restic",
      maxAgeSeconds: 86_400,
      ...(ageSeconds === undefined ? {} : { ageSeconds }),
    },
  ],
});
const unknown: ProbeReport = { probe: "borg", label: "borg backups", state: "unknown", why: "borg isn't there" };

for (const [what, world, probes, severity, reason] of [
  ["all is backed up", twoDisks(), [backup(["/", "/srv"], 3600)], "ok", undefined],
  ["nobody asked for backups", twoDisks(), undefined, "ok", undefined],
  ["/srv isn't backed up; the disks are well", twoDisks(), [backup(["/"], 3600)], "ok", /^\/srv: no backup is set up/],
  [
    "/srv isn't backed up; one copy is left",
    pullDisk(twoDisks(), B),
    [backup(["/"], 3600)],
    "at-risk",
    /^\/srv: no backup/,
  ],
  ["/srv isn't backed up; a RAID6 lost one", failDisk(raid6(), B), [], "at-risk", /^\/srv: no backup/],
  [
    "the backup is a day late",
    twoDisks(),
    [backup(["/", "/srv"], 2 * 86_400)],
    "ok",
    /^\/, \/srv: the last backup \(restic\) is 48 h old, allowed are 24 h/,
  ],
  ["it was never made", twoDisks(), [backup(["/", "/srv"], undefined)], "ok", /no backup was ever made/],
  [
    "whether it was made isn't known",
    twoDisks(),
    [backup(["/", "/srv"], 1), unknown],
    "ok",
    /borg backups: unknown: borg isn't there/,
  ],
] as const) {
  test(`backups, ${severity}: ${what}`, (t) => {
    const status = diskStatus(world, probes ? { probes } : {});
    const said = status.reasons.map(({ about, text }) => `${about}: ${text}`);
    t.is(status.severity, severity, said.join("\n"));
    if (reason === undefined) t.deepEqual(said, []);
    else
      t.true(
        said.some((line) => reason.test(line)),
        said.join("\n"),
      );
  });
}
