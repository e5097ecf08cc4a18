import { probes } from "../../../raid/probes/list.ts";
import type { ProbeReport, ProbeSettings } from "../../../raid/probes/probe.ts";
import { probeProgram, probesLimitMs, readProbes } from "../../../raid/probes/run.ts";
import type { Shell } from "../../../transport/shell.ts";

/** What the host carries and its backups, in one execution. Whatever gives no clear answer is `unknown`. */
export async function askProbes(
  shell: Shell,
  settings: ProbeSettings,
  signal: AbortSignal,
): Promise<readonly ProbeReport[]> {
  const script = probeProgram(probes, settings);
  const { stdout } = await shell.run({ script }, { signal, timeoutMs: probesLimitMs(probes) });
  return readProbes(stdout, probes, settings);
}
