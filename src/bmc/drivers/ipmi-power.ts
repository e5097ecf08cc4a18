import { chassisControl } from "../../ipmi/commands/chassis-control.ts";
import { getChassisStatus } from "../../ipmi/commands/get-chassis-status.ts";
import type { Bmc, BmcContext, PowerAction } from "../driver.ts";
import { fail } from "../errors.ts";
import type { Ask } from "./ipmi-requests.ts";

/** IPMI 2.0 §28.3: how long a machine stays off in a power cycle. */
const CYCLE_OFF_MS = 1000;

/**
 * Power, judged by what the BMC reads afterwards. A cycle is made of off and on: the command of that name must not be
 * sent again when its answer is lost, while these two can.
 */
export function powerOver(ask: Ask, context: BmcContext): Pick<Bmc, "powerState" | "power"> {
  const { node, clock } = context;
  const powerState = async () => (await ask(getChassisStatus, undefined)).power;
  const until = (wanted: "on" | "off", action: PowerAction) => untilSeen({ powerState, wanted, action }, context);
  const bring = async (wanted: "on" | "off", action: "on" | "off" | "soft") => {
    if ((await powerState()) === wanted) return;
    await ask(chassisControl, { action });
    await until(wanted, action);
  };
  const cycle = async () => {
    await bring("off", "off");
    await clock.sleep(CYCLE_OFF_MS);
    await bring("on", "on");
  };
  const reset = async () => {
    if ((await powerState()) === "off") throw fail("bmc-machine-is-off", { node });
    await ask(chassisControl, { action: "reset" });
    await until("on", "reset");
  };
  const actions: Record<PowerAction, () => Promise<void>> = {
    on: () => bring("on", "on"),
    off: () => bring("off", "off"),
    soft: () => bring("off", "soft"),
    cycle,
    reset,
  };
  return { powerState, power: (action) => actions[action]() };
}

interface Wait {
  powerState(): Promise<"on" | "off">;
  readonly wanted: "on" | "off";
  readonly action: PowerAction;
}

async function untilSeen(
  { powerState, wanted, action }: Wait,
  { node, clock, timing = {} }: BmcContext,
): Promise<void> {
  const { pollMs = 500, powerDeadlineMs = 30_000, softDeadlineMs = 120_000 } = timing;
  const deadlineMs = action === "soft" ? softDeadlineMs : powerDeadlineMs;
  const start = clock.monotonicMs();
  for (;;) {
    const seen = await powerState();
    if (seen === wanted) return;
    const waitedMs = clock.monotonicMs() - start;
    if (waitedMs >= deadlineMs) throw fail("bmc-power-not-reached", { node, action, seen, waitedMs });
    await clock.sleep(pollMs);
  }
}
