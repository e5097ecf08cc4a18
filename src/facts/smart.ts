import { diskShell } from "../disk-shell.ts";
import type { SmartReport } from "../disks.ts";
import { type Fact, parseBlocks } from "./fact.ts";
import { given, jsonOf, numberAt, textAt, valueAt } from "./json-path.ts";
import { selfTests } from "./smart-tests.ts";

/**
 * The same disks as fact `disks` tells of, without the hidden paths of an NVMe that has several (`nvme0c0n1`), which have no
 * device file. A dying disk may take minutes for an answer: each gets half of one. JSON in its short form is one line.
 */
const script = `${diskShell}
s_limit=; ! command -v timeout >/dev/null 2>&1 || s_limit='timeout 30'
for d_path in /sys/block/*; do
  d_name=\${d_path##*/}
  [ -e "$d_path/device" ] || continue
  case $d_name in sr[0-9]* | fd[0-9]* | nvme*c*n*) continue ;; esac
  read -r d_size < "$d_path/size"
  [ "$d_size" != 0 ] || continue
  printf '%s\\n' "disk=$d_name"
  disk_serial "$d_name"; printf '%s\\n' "serial=$d_text"
  if command -v smartctl >/dev/null 2>&1; then
    printf 'smart=%s\\n' "$($s_limit smartctl -a --json=c "/dev/$d_name" | tr -d '\\r\\n')"
  fi
done`;

function parse(lines: readonly string[]): readonly SmartReport[] {
  return parseBlocks(lines, "disk").map((found) => {
    const said = jsonOf(found.get("smart"));
    const report = { ...health(said), ...ata(said), ...scsi(said), ...nvme(said), ...selfTests(said) };
    return {
      disk: found.get("disk") ?? "",
      ...given("serial", found.get("serial")?.trim() || undefined),
      available: Object.keys(report).length > 0,
      ...given("protocol", protocolOf(said)),
      ...report,
    };
  });
}

function protocolOf(said: unknown): SmartReport["protocol"] {
  const protocol = textAt(said, "device", "protocol")?.toLowerCase();
  return protocol === "ata" || protocol === "scsi" || protocol === "nvme" ? protocol : undefined;
}

function health(said: unknown): Partial<SmartReport> {
  const passed = valueAt(said, "smart_status", "passed");
  return {
    ...given("passed", typeof passed === "boolean" ? passed : undefined),
    ...given("powerOnHours", numberAt(said, "power_on_time", "hours")),
    ...given("temperatureCelsius", numberAt(said, "temperature", "current")),
  };
}

function ata(said: unknown): Partial<SmartReport> {
  const table = valueAt(said, "ata_smart_attributes", "table");
  const raw = (id: number) => rawOf((Array.isArray(table) ? table : []).find((row) => numberAt(row, "id") === id));
  return {
    ...given("reallocated", raw(5)),
    ...given("pending", raw(197)),
    ...given("offlineUncorrectable", raw(198)),
    ...given("crcErrors", raw(199)),
  };
}

/** Some makers pack more into the 48 bits: the text is what the drive database makes of it, `12 (0 3)`. */
function rawOf(row: unknown): number | undefined {
  const shown = /^\d+/.exec(textAt(row, "raw", "string") ?? "")?.[0];
  return shown === undefined ? numberAt(row, "raw", "value") : Number(shown);
}

function scsi(said: unknown): Partial<SmartReport> {
  const counters = ["read", "write", "verify"].flatMap((way) => {
    const count = numberAt(said, "scsi_error_counter_log", way, "total_uncorrected_errors");
    return count === undefined ? [] : [count];
  });
  return {
    ...given("grownDefects", numberAt(said, "scsi_grown_defect_list")),
    ...given("uncorrectedErrors", counters.length > 0 ? counters.reduce((sum, one) => sum + one, 0) : undefined),
  };
}

function nvme(said: unknown): Partial<SmartReport> {
  const log = valueAt(said, "nvme_smart_health_information_log");
  return {
    ...given("criticalWarning", numberAt(log, "critical_warning")),
    ...given("mediaErrors", numberAt(log, "media_errors")),
    ...given("percentageUsed", numberAt(log, "percentage_used")),
    ...given("availableSpare", numberAt(log, "available_spare")),
    ...given("availableSpareThreshold", numberAt(log, "available_spare_threshold")),
  };
}

/** The disks' SMART, of all that have hardware behind them. It may take seconds for each: read it when it is asked for. */
export const smart: Fact<readonly SmartReport[]> = { name: "smart", cheap: false, script, parse };
