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
  const { chassis, boot, log } = o;
  const actions = actionsOn(o);
  let last: Promise<void> = Promise.resolve();
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

/** What is so already when its turn comes is left alone. */
function actionsOn(o: {
  chassis: Chassis;
  boot: BootOptions;
  clock: Clock;
}): Record<ChassisAction, () => Promise<void>> {
  const { chassis, boot, clock } = o;
  const on = async () => {
    if (!chassis.isOn()) await chassis.powerOn(boot.take());
  };
  const off = async () => {
    if (chassis.isOn()) await chassis.powerOff();
  };
  const cycle = async () => {
    await off();
    await clock.sleep(CYCLE_OFF_MS);
    await on();
  };
  const reset = async () => {
    if (chassis.isOn()) await chassis.reset(boot.take());
  };
  const soft = async () => {
    if (chassis.isOn()) await chassis.softOff();
  };
  return { on, off, cycle, reset, soft };
}

/** §28.3 recommends refusing these while the machine is off. */
const needsPower: readonly ChassisAction[] = ["cycle", "reset", "soft"];
