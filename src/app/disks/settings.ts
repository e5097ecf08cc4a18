import type { Bay } from "../../disks.ts";
import type { DiskWatch } from "../../inventory/disk-schema.ts";
import type { Node, Site } from "../../inventory/schema.ts";
import type { BackupSettings, ProbeSettings } from "../../raid/probes/probe.ts";

/** What the probes need to know of a node: how the inventory says that it is backed up. */
export function probeSettingsOf({ backups = [] }: Pick<Node, "backups">): ProbeSettings {
  return {
    backups: backups.map(
      (backup): BackupSettings => ({ ...backup, kind: backup.kind ?? (backup.with === "dumps" ? "dump" : "files") }),
    ),
  };
}

/** Where its disks are, by the inventory's word. */
export function baysOf({ bays = [] }: Pick<Node, "bays">): readonly Bay[] {
  return bays.map(({ slot, enclosure, serial }) => ({
    slot,
    ...(enclosure === undefined ? {} : { enclosure }),
    ...(serial === undefined ? {} : { serial }),
    source: "inventory",
  }));
}

/** How the site's disks are watched: every five minutes, nobody told, where it says nothing of it. */
export const diskWatchOf = ({ diskWatch }: Pick<Site, "diskWatch">): DiskWatch =>
  diskWatch ?? { everySeconds: 300, hooks: [] };
