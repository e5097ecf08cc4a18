import { readFileSync } from "node:fs";
import { systemClock } from "../../clock.ts";
import { toRecord } from "../../errors.ts";
import { createLog, type Log } from "../../log.ts";
import { greet } from "./child.ts";
import { planFile } from "./files.ts";
import { decodePlan, type RackPlan } from "./plan.ts";

/** What runs until it is told to end. */
export interface Service {
  close(): Promise<void>;
}

/**
 * The life of one of the rack's long-running processes: read the plan, start, say so, run until SIGTERM, close.
 * Its log goes to stderr, one JSON object a line.
 */
export async function runService(start: (plan: RackPlan, log: Log) => Promise<Service>): Promise<void> {
  const log = createLog(({ level, message, fields }) => {
    process.stderr.write(`${JSON.stringify({ at: systemClock.now(), level, message, ...fields })}\n`);
  });
  // Who started us may end before us, and its end of the channel with it.
  process.on("disconnect", () => {});
  process.on("SIGHUP", () => {});
  process.on("SIGINT", () => {});
  try {
    const runDir = process.argv[2] ?? "";
    const service = await start(decodePlan(readFileSync(planFile(runDir), "utf8")), log);
    process.once("SIGTERM", () => void service.close().finally(() => process.exit(0)));
    await greet({ kind: "ready" });
  } catch (thrown) {
    await greet({ kind: "failed", error: toRecord(thrown) });
    log.error("did not start", { error: toRecord(thrown) });
    process.exit(1);
  }
}
