import type { Clock } from "../clock.ts";
import type { ChassisAction } from "../ipmi/commands/chassis-control.ts";
import type { Log } from "../log.ts";
import type { BootOptions } from "./bmc-boot-options.ts";
import type { Chassis } from "./chassis.ts";

export interface PowerControl {
  /** `false`: not possible in the present state. Else it begins, after what was begun before. */
  start(action: ChassisAction): boolean;
  /** What was begun has ended. */
  settled(): Promise<void>;
}

/** IPMI 2.0 §28.3: a power cycle is off for at least a second. */
const CYCLE_OFF_MS = 1000;

/** As a real BMC does it: the answer comes at once, the machine follows. Actions run one after another. */
export function createPowerControl(o: { chassis: Chassis; boot: BootOptions; clock: Clock; log: Log }): PowerControl {
  const { chassis, boot, clock, log } = o;
  let last: Promise<void> = Promise.resolve();
  const on = async () => {
    if (!chassis.isOn()) await chassis.powerOn(boot.take());
  };
  const off = async () => {
    if (chassis.isOn()) await chassis.powerOff();
  };
  const actions: Record<ChassisAction, () => Promise<void>> = {
    on,
    off,
    cycle: async () => {
      await off();
      await clock.sleep(CYCLE_OFF_MS);
      await on();
    },
    reset: async () => {
      if (chassis.isOn()) await chassis.reset(boot.take());
    },
    soft: async () => {
      if (chassis.isOn()) await chassis.softOff();
    },
  };
  return {
    start: (action) => {
      if (needsPower.includes(action) && !chassis.isOn()) return false;
      boot.keep();
      last = last.then(actions[action]).catch((thrown: unknown) => {
        log.error(`simulated BMC could not power ${action}`, { error: String(thrown) });
      });
      return true;
    },
    settled: () => last,
  };
}

/** §28.3 recommends refusing these while the machine is off. */
const needsPower: readonly ChassisAction[] = ["cycle", "reset", "soft"];
