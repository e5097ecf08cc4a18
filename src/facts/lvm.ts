import { type Fact, numberOf } from "./fact.ts";

/** A physical volume of LVM: pvs(8). */
export interface PhysicalVolume {
  /** `/dev/md1`; `[unknown]` for one that is missing. */
  readonly device: string;
  readonly uuid: string;
  /** Absent: it isn't in one. */
  readonly group?: string;
  readonly groupUuid?: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  /** Its group remembers it, no device has it. */
  readonly missing: boolean;
}

const script =
  "pvs --reportformat json --units b --nosuffix -o pv_name,pv_uuid,vg_name,vg_uuid,pv_size,pv_free,pv_missing";

type Row = Readonly<Record<string, string | undefined>>;

function parse(lines: readonly string[]): readonly PhysicalVolume[] {
  return rowsOf(lines.join("\n")).map((row) => ({
    device: row.pv_name ?? "",
    uuid: row.pv_uuid ?? "",
    ...(row.vg_name ? { group: row.vg_name } : {}),
    ...(row.vg_uuid ? { groupUuid: row.vg_uuid } : {}),
    sizeBytes: numberOf(row.pv_size) ?? 0,
    freeBytes: numberOf(row.pv_free) ?? 0,
    missing: !["", "0", undefined].includes(row.pv_missing),
  }));
}

function rowsOf(json: string): readonly Row[] {
  try {
    const { report = [] } = JSON.parse(json) as { report?: readonly { pv?: readonly Row[] }[] };
    return report.flatMap(({ pv = [] }) => pv);
  } catch {
    return [];
  }
}

/** LVM's physical volumes with their groups; none where LVM isn't. */
export const lvm: Fact<readonly PhysicalVolume[]> = { name: "lvm", cheap: false, script, parse };
