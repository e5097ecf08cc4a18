import type { TableSource } from "../swap-plan.ts";
import { type Act, act, call, quoted } from "./act.ts";
import { partitionShell } from "./partition-shell.ts";
import { parseDump, sectorsNeeded } from "./sfdisk-dump.ts";
import { tearDownShell } from "./tear-down-shell.ts";

export interface Partitioning {
  readonly serial: string;
  readonly from: TableSource;
  /** `sfdisk --dump` of the old disk; only for `record`. */
  readonly dump?: string;
}

/**
 * Gives a blank disk the partitions that it is to have: same starts, sizes and types, identifiers of its own. Prints `made`
 * or `same` (they were there), then `partition NUMBER START SIZE TYPE` for each (sectors), or `none`. Refuses with
 * `too-small` (and both sizes), `sector-size`, `disk-not-blank`, `disk-in-use`, `not-gpt`.
 * @throws RangeError when a record is asked for without one; `act-unreadable` when it isn't one
 */
export function partitionDisk({ serial, from, dump }: Partitioning): Act {
  return act({
    name: "partitioning the new disk",
    limitMs: 120_000,
    shell: [tearDownShell, partitionShell],
    body: bodyOf({ serial, from, ...(dump === undefined ? {} : { dump }) }),
  });
}

function bodyOf({ serial, from, dump }: Partitioning): string {
  switch (from.kind) {
    case "none":
      return `${call("d_find", serial)}\nsay none`;
    case "survivor":
      return [call("p_survivor", from.serial), call("p_target", serial), "p_replicate", "p_show"].join("\n");
    case "record": {
      if (dump === undefined) throw new RangeError("a table from the record needs the record's dump");
      const table = parseDump(dump);
      const rows = table.partitions.map(({ number, start, size, type }) => [number, start, size, type].join(" "));
      return [
        call("p_record", table.label, table.sectorBytes, sectorsNeeded(table)),
        `p_want=${quoted(rows.toSorted().join("\n"))}`,
        call("p_target", serial),
        call("p_write", table.script),
        "p_show",
      ].join("\n");
    }
    default:
      return from satisfies never;
  }
}
