import type { Bay, Disk, Pool, SmartReport } from "../disks.ts";
import { starts } from "./bootable.ts";
import { diskOf } from "./members.ts";
import { judgeSmart } from "./smart-verdict.ts";
import type { Reason, Severity } from "./status.ts";
import type { World } from "./world.ts";

/** What a disk is called in a reason: its serial, else the name that it has now. */
export const called = (disk: Disk): string => disk.serial ?? disk.name;

export const smartOf = (world: World, disk: Disk): SmartReport | undefined =>
  world.smart.find((report) => disk.serial !== undefined && report.serial === disk.serial) ??
  world.smart.find((report) => report.disk === disk.name && (report.serial === undefined || disk.serial === undefined));

export const bayOf = (world: World, serial: string | undefined): Bay | undefined =>
  serial === undefined ? undefined : world.bays.find((bay) => bay.serial === serial);

/** What speaks against the disks themselves: SMART, the kernel, the boot loader, the bay's light. */
export const diskReasons = (world: World): readonly Reason[] => [
  ...world.disks.flatMap((disk) => ownReasons(world, disk)),
  ...startReasons(world),
  ...kernelReasons(world),
];

function ownReasons(world: World, disk: Disk): Reason[] {
  const say = (severity: Severity, text: string): Reason => ({ severity, about: called(disk), text });
  const report = smartOf(world, disk);
  const bay = bayOf(world, disk.serial);
  return [
    ...(report ? judgeSmart(report).map((remark) => say(remark.severity, remark.text)) : []),
    ...(disk.serial === undefined && !disk.removable
      ? [say("ok", "it has no serial number: nothing is ever done to it")]
      : []),
    ...(bay?.fault ? [say("ok", `the fault light of its bay ${bay.slot} is on`)] : []),
  ];
}

/** F5: found out only when the other disk is gone, and then by silence. Where no disk starts it, something else does (network). */
function startReasons(world: World): Reason[] {
  const judged = world.disks.map((disk) => ({ disk, found: starts(world, disk) }));
  if (judged.every(({ found }) => found.kind !== "yes")) return [];
  return judged.flatMap(({ disk, found }) =>
    found.kind === "no" && found.lacks === "loader"
      ? [
          {
            severity: "at-risk" as const,
            about: called(disk),
            text: `it doesn't start the machine alone: ${found.why}`,
          },
        ]
      : [],
  );
}

/** Of a disk that was pulled the log still speaks; names that lead nowhere now are left out (F4). */
function kernelReasons(world: World): Reason[] {
  const about = new Map<string, string[]>();
  for (const { device, text } of world.kernelErrors) {
    const disk = diskOf(world, device);
    const name = disk ? called(disk) : world.arrays.find((array) => array.name === device)?.name;
    if (name !== undefined) about.set(name, [...(about.get(name) ?? []), text]);
  }
  return [...about].map(([name, texts]) => ({
    severity: "at-risk",
    about: name,
    text: `${texts.length} errors in the kernel's log, the last: ${texts.at(-1)}`,
  }));
}

const poolSeverity = (pool: Pool): Severity => {
  if (pool.state === "degraded") return pool.redundancyLeft > 0 ? "degraded" : "at-risk";
  return pool.state === "unknown" ? "at-risk" : pool.state;
};

/** Pools in their keepers' words. One whose state isn't understood is `at-risk`: it may be anything. */
export function poolReasons(pool: Pool): readonly Reason[] {
  const severity = poolSeverity(pool);
  const left = severity === "at-risk" && pool.state === "degraded" ? "; no redundancy is left" : "";
  const said = pool.said || pool.state;
  const own: Reason[] = severity === "ok" ? [] : [{ severity, about: pool.name, text: `${pool.kind}: ${said}${left}` }];
  const ofMembers = pool.members.flatMap((member): Reason[] => {
    const errors = (member.readErrors ?? 0) + (member.writeErrors ?? 0) + (member.checksumErrors ?? 0);
    const about = member.serial ?? member.name;
    return [
      ...(["failed", "missing", "predicted"].includes(member.state)
        ? [
            {
              severity: "at-risk" as const,
              about,
              text: `${pool.name}'s member ${member.name}: ${member.said || member.state}`,
            },
          ]
        : []),
      ...(errors > 0
        ? [{ severity: "at-risk" as const, about, text: `${pool.name}'s member ${member.name} had ${errors} errors` }]
        : []),
    ];
  });
  return [...own, ...ofMembers];
}
