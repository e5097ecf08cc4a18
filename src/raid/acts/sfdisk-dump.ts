import { fail } from "../errors.ts";

/** A table of partitions as sfdisk(8) dumps it, made for another disk. */
export interface TableDump {
  readonly label: "gpt" | "dos";
  readonly sectorBytes: number;
  /** One line of `number start size type` each, in sectors of `sectorBytes`. */
  readonly partitions: readonly DumpedPartition[];
  /** For sfdisk: without what belongs to the old disk (its identifiers, its end). */
  readonly script: string;
}

export interface DumpedPartition {
  readonly number: number;
  readonly start: number;
  readonly size: number;
  readonly type: string;
  readonly uuid?: string;
}

/** @throws `act-unreadable` for what isn't a dump */
export function parseDump(dump: string): TableDump {
  const lines = dump.split("\n").map((line) => line.trim());
  const header = (key: string) =>
    lines
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim();
  const label = header("label");
  if (label !== "gpt" && label !== "dos") throw unreadable(`its label is ${label ?? "missing"}`);
  if ((header("unit") ?? "sectors") !== "sectors") throw unreadable(`its unit is ${header("unit")}`);
  const rows = lines.filter((line) => line.startsWith("/dev/"));
  const kept = ["label", "unit", "first-lba", "table-length", "sector-size"].flatMap((key) => {
    const value = header(key);
    return value === undefined ? [] : [`${key}: ${value}`];
  });
  return {
    label,
    sectorBytes: Number(header("sector-size") ?? 512),
    partitions: rows.map(partitionIn),
    script: [...kept, "", ...rows.map((row) => row.replace(/, uuid=[0-9A-Fa-f-]+/, ""))].join("\n").concat("\n"),
  };
}

/** `/dev/sda1 : start=        2048, size=        2048, type=…, uuid=…`; the device's last digits are the number. */
function partitionIn(row: string): DumpedPartition {
  const [, number, fields = ""] = /^\/dev\/\S*?(\d+)\s*:\s*(.*)$/.exec(row) ?? [];
  const field = (key: string) => new RegExp(`(?:^|, )${key}=\\s*([^,\\s]+)`).exec(fields)?.[1];
  const [start, size, type, uuid] = [Number(field("start")), Number(field("size")), field("type"), field("uuid")];
  if (number === undefined || !Number.isSafeInteger(start) || !Number.isSafeInteger(size) || type === undefined)
    throw unreadable(`this line has no number, start, size and type: ${row}`);
  return {
    number: Number(number),
    start,
    size,
    type: type.toLowerCase(),
    ...(uuid ? { uuid: uuid.toLowerCase() } : {}),
  };
}

const unreadable = (reason: string) => fail("act-unreadable", { act: "sfdisk --dump", reason });

/** Sectors behind the last partition of a GPT: its copy's entries and header. UEFI 2.10 §5.3 */
const gptTail = 33;

/** How big a disk must be to take this table, in sectors of its own size. */
export const sectorsNeeded = ({ label, partitions }: Pick<TableDump, "label" | "partitions">): number =>
  Math.max(0, ...partitions.map(({ start, size }) => start + size)) + (label === "gpt" ? gptTail : 0);
