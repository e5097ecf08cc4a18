import { entriesAt, given, listAt, numberAt, textAt, valueAt } from "./json-path.ts";

export interface SelfTests {
  readonly lastLongTest?: { readonly passed: boolean; readonly hoursAgo: number };
  readonly testRunning?: boolean;
}

interface Entry {
  readonly long: boolean;
  /** Absent: stopped, or it still runs. */
  readonly passed: boolean | undefined;
  readonly atHours: number | undefined;
}

/** ATA and SCSI keep two bytes for the hour of a test: it starts again after 7.5 years. */
const hoursWrap = 65536;

const modulo = (number: number, by: number) => ((number % by) + by) % by;

/** The self-test log of smartctl's JSON, newest first; NVMe's only from smartctl 7.4 on. */
export function selfTests(said: unknown): SelfTests {
  const now = numberAt(said, "power_on_time", "hours");
  const { entries, wraps } = logOf(said);
  const last = entries.find(({ long, passed, atHours }) => long && passed !== undefined && atHours !== undefined);
  const ago = now === undefined || last?.atHours === undefined ? undefined : now - last.atHours;
  const hoursAgo = ago === undefined ? undefined : wraps ? modulo(ago, hoursWrap) : Math.max(0, ago);
  const verdict = hoursAgo === undefined ? undefined : { passed: last?.passed === true, hoursAgo };
  return { ...given("lastLongTest", verdict), ...given("testRunning", isRunning(said)) };
}

function logOf(said: unknown): { readonly entries: readonly Entry[]; readonly wraps: boolean } {
  const ata = ["extended", "standard"].map((kind) => listAt(said, "ata_smart_self_test_log", kind, "table"));
  const rows = ata.find((table) => table.length > 0);
  if (rows) return { entries: rows.map(ataEntry), wraps: true };
  const scsi = scsiResults(said);
  if (scsi.length > 0) return { entries: scsi.map(scsiEntry), wraps: true };
  return { entries: listAt(said, "nvme_self_test_log", "table").map(nvmeEntry), wraps: false };
}

/** ACS-4, SMART self-test log: 2 is the extended test, 82h the same while nothing else may run; `passed` is absent of stopped ones. */
function ataEntry(row: unknown): Entry {
  const passed = valueAt(row, "status", "passed");
  return {
    long: [0x02, 0x82].includes(numberAt(row, "type", "value") ?? -1),
    passed: typeof passed === "boolean" ? passed : undefined,
    atHours: numberAt(row, "lifetime_hours"),
  };
}

const scsiResults = (said: unknown) =>
  entriesAt(said)
    .flatMap(([key, value]) => {
      const number = /^scsi_self_test_(\d+)$/.exec(key)?.[1];
      return number === undefined ? [] : [{ number: Number(number), value }];
    })
    .sort((one, other) => one.number - other.number)
    .map(({ value }) => value);

/** SPC-5, self-test results page: code 2 and 6 are the long ones; result 0 good, 1 and 2 stopped, 3 to 7 bad, 15 runs. */
function scsiEntry(row: unknown): Entry {
  const code = numberAt(row, "code", "value");
  return {
    long: code === undefined ? /long/i.test(textAt(row, "code", "string") ?? "") : code === 2 || code === 6,
    passed: verdictOf(numberAt(row, "result", "value"), [3, 4, 5, 6, 7]),
    atHours: numberAt(row, "power_on_time", "hours"),
  };
}

/** NVM Express Base, Device Self-test log: code 2 is the extended one; result 0 good, 5 to 7 bad, others stopped. */
function nvmeEntry(row: unknown): Entry {
  return {
    long: numberAt(row, "self_test_code", "value") === 2,
    passed: verdictOf(numberAt(row, "self_test_result", "value"), [5, 6, 7]),
    atHours: numberAt(row, "power_on_hours"),
  };
}

function verdictOf(result: number | undefined, bad: readonly number[]): boolean | undefined {
  if (result === 0) return true;
  return result !== undefined && bad.includes(result) ? false : undefined;
}

/** Absent where nothing is told of it: a SCSI disk that never ran one, an NVMe before smartctl 7.4. */
function isRunning(said: unknown): boolean | undefined {
  const ata = numberAt(said, "ata_smart_data", "self_test", "status", "value");
  if (ata !== undefined) return ata >> 4 === 15;
  const scsi = valueAt(said, "scsi_self_test_status", "in_progress");
  if (typeof scsi === "boolean") return scsi;
  const results = scsiResults(said);
  if (results.length > 0) return results.some((row) => numberAt(row, "result", "value") === 15);
  const nvme = numberAt(said, "nvme_self_test_log", "current_self_test_operation", "value");
  return nvme === undefined ? undefined : nvme !== 0;
}
