import { backupsGate } from "../../../src/raid/gates/backups.ts";
import { clusterGate } from "../../../src/raid/gates/cluster.ts";
import { guestsGate } from "../../../src/raid/gates/guests.ts";
import type { Backup, Carried, ProbeReport } from "../../../src/raid/probes/probe.ts";
import type { World } from "../../../src/raid/world.ts";
import { twoDisks, wholeDisks } from "../worlds.ts";
import { backup, daySeconds, hourSeconds, telling } from "./questions.ts";
import { mirror, type Row, tryGate } from "./table.ts";

/** mirror() mounts /srv alone. */
const stored = (...backups: readonly Backup[]) => ({ probes: [telling("restic", { backups })] });
const carrying = (...carried: readonly Carried[]) => ({ probes: [telling("galera", { carried })] });
const srv = backup("/srv");
const never = { ...srv, ageSeconds: undefined as never };
const srvSeen = "filesystem /srv: restic 5 hours ago";
const mariadb: Carried = { kind: "database", name: "mariadb", detail: "11.4" };
const withDump = (dump: Partial<Backup>, files: Partial<Backup> = {}) => ({
  probes: [
    telling("restic", {
      backups: [
        { ...srv, ...files },
        { ...backup("mariadb"), kind: "dump", tool: "dumps", ageSeconds: 6 * hourSeconds, ...dump },
      ],
      carried: [mariadb],
    }),
  ],
});
const mounted = (content: string, ...mountPoints: readonly string[]): World => {
  const world = wholeDisks("raid1", 2);
  return {
    ...world,
    blocks: world.blocks.map((block) => (block.name === "md0" ? { ...block, content, mountPoints } : block)),
  };
};

const filesystems: readonly Row[] = [
  ["covered and young", mirror(), [`pass ${srvSeen}`], stored(srv)],
  [
    "as old as it may be",
    mirror(),
    ["pass filesystem /srv: restic 26 hours ago"],
    stored({ ...srv, ageSeconds: 26 * hourSeconds }),
  ],
  [
    "older",
    mirror(),
    ["confirm backup:/srv filesystem /srv: restic 2 days ago, older than the 26 hours that are allowed"],
    stored({ ...srv, ageSeconds: 50 * hourSeconds }),
  ],
  ["no backup", mirror(), ["confirm backup:/srv filesystem /srv: no backup"], stored()],
  [
    "never made",
    mirror(),
    ["confirm backup:/srv filesystem /srv: restic has no good backup of it yet"],
    stored({ ...srv, ageSeconds: undefined as never }),
  ],
  [
    "who can't tell has no backup to show",
    mirror(),
    ["confirm backup:/srv filesystem /srv: no backup"],
    { probes: [{ probe: "restic", label: "restic", state: "unknown", why: "the repository is locked" }] },
  ],
  [
    "a folder of it isn't it",
    mirror(),
    ["confirm backup:/srv filesystem /srv: only parts have a backup: /srv/www"],
    stored(backup("/srv/www")),
  ],
  [
    "a folder of / is named, other filesystems under it aren't parts of it",
    twoDisks(),
    ["confirm backup:/ filesystem /: only parts have a backup: /etc", "pass filesystem /srv: restic 5 hours ago"],
    stored(backup("/etc", "/srv")),
  ],
  [
    "each filesystem by its name; /boot comes with the packages, swap holds nothing",
    twoDisks(),
    ["pass filesystem /: restic 5 hours ago", "confirm backup:/srv filesystem /srv: no backup"],
    stored(backup("/")),
  ],
  ["a slash at the end", mirror(), [`pass ${srvSeen}`], stored(backup("/srv/"))],
  ["bind mounts are the same files again", mounted("xfs", "/home/www", "/srv"), [`pass ${srvSeen}`], stored(srv)],
  [
    "a btrfs's mount points are subvolumes",
    mounted("btrfs", "/srv", "/home"),
    [`pass ${srvSeen}`, "confirm backup:/home filesystem /home: no backup"],
    stored(srv),
  ],
  ["nothing mounted", mounted("xfs"), ["pass nothing is mounted, no guest, no database"]],
  [
    "no restore was ever tested",
    mirror(),
    [`pass ${srvSeen}`, "warn filesystem /srv: no restore was ever tested"],
    stored({ ...srv, restoreTestedAgoSeconds: undefined as never }),
  ],
  [
    "a restore was tested long ago",
    mirror(),
    [`pass ${srvSeen}`, "warn filesystem /srv: a restore was last tested 91 days ago"],
    stored({ ...srv, restoreTestedAgoSeconds: 91 * daySeconds }),
  ],
  [
    "cold, and no fresh one can be made",
    mirror(),
    [
      "confirm backup:/srv filesystem /srv: restic 5 hours ago, and a cold swap wants a fresh one, which can't be made from here",
    ],
    { mode: "cold", ...stored({ ...srv, runNow: undefined as never }) },
  ],
  [
    "cold, and it was made just now",
    mirror(),
    ["pass filesystem /srv: restic 40 minutes ago"],
    { mode: "cold", ...stored({ ...srv, ageSeconds: 40 * 60, runNow: undefined as never }) },
  ],
  [
    "cold, and another backup of it can be made",
    mirror(),
    [`pass ${srvSeen}`],
    {
      mode: "cold",
      ...stored({ ...srv, runNow: undefined as never }, { ...srv, tool: "borg", ageSeconds: 7 * hourSeconds }),
    },
  ],
  ["one that was never made, beside a good one", mirror(), [`pass ${srvSeen}`], stored(never, srv)],
  ["a good one, beside one that was never made", mirror(), [`pass ${srvSeen}`], stored(srv, never)],
  ["cold, and the swap makes one", mirror(), [`pass ${srvSeen}`], { mode: "cold", ...stored(srv) }],
];

const carried: readonly Row[] = [
  [
    "a guest",
    mirror(),
    [`pass ${srvSeen}`, "confirm backup:guest:web7 guest web7: no backup"],
    { probes: [telling("xen", { backups: [srv], carried: [{ kind: "guest", name: "web7", detail: "running" }] })] },
  ],
  ["a dump before the files", mirror(), [`pass ${srvSeen}`, "pass database mariadb: dumps 6 hours ago"], withDump({})],
  [
    "the files' backup ran before the dump",
    mirror(),
    [
      `pass ${srvSeen}`,
      "confirm backup:mariadb database mariadb: dumps 3 hours ago, but restic of 5 hours ago can't carry a dump of 3 hours ago: it has an older one",
    ],
    withDump({ ageSeconds: 3 * hourSeconds }),
  ],
  [
    "a dump older than the file backup that carries it: a night was missed",
    mirror(),
    [
      `pass ${srvSeen}`,
      "confirm backup:mariadb database mariadb: dumps 25 hours ago, but restic of 5 hours ago carries this old dump: a dump run was missed",
    ],
    withDump({ ageSeconds: 25 * hourSeconds }),
  ],
  [
    "nobody carries the dump away",
    mirror(),
    [
      "confirm backup:/srv filesystem /srv: restic has no good backup of it yet",
      "confirm backup:mariadb database mariadb: dumps 6 hours ago, but no file backup carries the dump off this host",
    ],
    withDump({}, { ageSeconds: undefined as never }),
  ],
  [
    "a dump that goes straight into a repository",
    mirror(),
    [`pass ${srvSeen}`, "pass database mariadb: borg 3 hours ago"],
    withDump({ tool: "borg", ageSeconds: 3 * hourSeconds }),
  ],
];

tryGate(backupsGate, [...filesystems, ...carried]);

const member: Carried = { kind: "cluster", name: "wsrep cluster main", detail: "size 3, Synced, not a donor" };
const lonely = { ...member, detail: "size 2, Synced", holdsBack: "the cluster would lose its quorum" };
const mute: ProbeReport = { probe: "galera", label: "Galera", state: "unknown", why: "mysql: access denied" };

tryGate(clusterGate, [
  ["none here", mirror(), ["pass Galera: none here"], { probes: [{ ...mute, state: "absent" }], mode: "cold" }],
  [
    "can do without it",
    mirror(),
    ["pass wsrep cluster main: size 3, Synced, not a donor"],
    { ...carrying(member), mode: "cold" },
  ],
  [
    "cold, and it would lose its quorum",
    mirror(),
    ["refuse wsrep cluster main: size 2, Synced; the cluster would lose its quorum"],
    { ...carrying(lonely), mode: "cold" },
  ],
  [
    "hot, and it would",
    mirror(),
    ["warn wsrep cluster main: size 2, Synced; the cluster would lose its quorum"],
    carrying(lonely),
  ],
  [
    "cold, and nobody can tell",
    mirror(),
    ["confirm probe:galera Galera: unknown: mysql: access denied"],
    { probes: [mute], mode: "cold" },
  ],
  ["hot, and nobody can tell", mirror(), ["warn Galera: unknown: mysql: access denied"], { probes: [mute] }],
  [
    "cold, and nobody was asked",
    mirror(),
    ["confirm probe:all What the host carries: unknown: no probe was asked"],
    { probes: [], mode: "cold" },
  ],
  [
    "guests are another gate's",
    mirror(),
    ["pass galera: nothing that others need to be up"],
    { ...carrying({ kind: "guest", name: "web7", detail: "running", holdsBack: "x" }), mode: "cold" },
  ],
]);

const guest: Carried = { kind: "guest", name: "web7", detail: "running, 4 GiB", drain: "xl shutdown -w web7" };

tryGate(guestsGate, [
  ["none", mirror(), ["pass no guests"], { mode: "cold" }],
  ["nobody can tell", mirror(), ["pass no guests seen; unknown: Galera"], { probes: [mute], mode: "cold" }],
  ["hot", mirror(), ["pass web7: running, 4 GiB; goes on running"], carrying(guest)],
  [
    "cold",
    mirror(),
    ["confirm guest:web7 web7: running, 4 GiB; is taken off the host in step quiesce"],
    { ...carrying(guest), mode: "cold" },
  ],
  [
    "cold, and nothing takes it away",
    mirror(),
    ["confirm guest:web7 web7: running, 4 GiB; goes down with the host"],
    { ...carrying({ ...guest, drain: undefined as never }), mode: "cold" },
  ],
  [
    "cold, and it can't be stopped now",
    mirror(),
    ["refuse web7: running, 4 GiB; it is being migrated"],
    { ...carrying({ ...guest, holdsBack: "it is being migrated" }), mode: "cold" },
  ],
]);
