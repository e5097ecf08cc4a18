import type { Backup, ProbeReport } from "./probes/probe.ts";
import type { BackupStatus } from "./status.ts";
import type { World } from "./world.ts";

export const backupsOf = (probes: readonly ProbeReport[]): readonly Backup[] =>
  probes.flatMap((report) => (report.state === "unknown" ? [] : (report.backups ?? [])));

/** Never made is late, too. */
export const isLate = (backup: Backup): boolean =>
  backup.ageSeconds === undefined || backup.ageSeconds > backup.maxAgeSeconds;

export const backupStatus = (backup: Backup): BackupStatus => ({
  covers: backup.covers,
  tool: backup.tool,
  kind: backup.kind,
  ...(backup.ageSeconds === undefined ? {} : { ageSeconds: backup.ageSeconds }),
  maxAgeSeconds: backup.maxAgeSeconds,
  late: isLate(backup),
});

/**
 * Mount points with data that no backup names, in the order of the tree. A backup of `/` isn't one of `/srv`: tools stop at file
 * systems' borders if they are told to. /boot and what is under it comes back with the system's packages.
 */
export function uncoveredMounts(world: Pick<World, "blocks">, backups: readonly Backup[]): readonly string[] {
  const covered = new Set(backups.flatMap((backup) => backup.covers));
  const mounts = world.blocks
    .filter((block) => block.content !== "swap" && block.type !== "loop" && block.type !== "rom")
    .flatMap((block) => block.mountPoints.filter((point) => point.startsWith("/") && !/^\/boot(\/|$)/.test(point)));
  return [...new Set(mounts)].filter((point) => !covered.has(point));
}
