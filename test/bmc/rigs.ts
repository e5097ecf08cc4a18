import type { ExecutionContext } from "ava";
import { type Bmc, type BmcContext, openBmc } from "../../src/bmc/driver.ts";
import { systemClock } from "../../src/clock.ts";
import { type BmcSettings, bmcSchema } from "../../src/inventory/schema.ts";
import { silentLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { startSimulatedBmc } from "../../src/sim/bmc.ts";
import type { BmcFaults } from "../../src/sim/bmc-faults.ts";
import { startIpmiSim } from "../ipmi/ipmi-sim.ts";
import { createNotedChassis } from "../sim/chassis.ts";

export const HOST = "127.0.77.64";

/** As the inventory has it. */
export function ipmiSettings(port: number, more: Record<string, unknown> = {}): BmcSettings {
  return bmcSchema.parse({ driver: "ipmi", address: HOST, port, user: "admin", password: "secret", ...more });
}

export const context: BmcContext = {
  node: "web01",
  clock: systemClock,
  log: silentLog,
  timing: { firstTimeoutMs: 200, attempts: 4, pollMs: 20, powerDeadlineMs: 1500, softDeadlineMs: 1500 },
};

/** Our simulated BMC and an open connection to it; both end with the test. */
export async function simulated(t: ExecutionContext, faults: BmcFaults = {}, settings: Record<string, unknown> = {}) {
  const chassis = createNotedChassis();
  let agedMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + agedMs };
  const shared = { clock, log: silentLog };
  const bmc = await startSimulatedBmc({
    host: HOST,
    user: "admin",
    password: new Secret("secret"),
    chassis,
    faults,
    ...shared,
  });
  const driver = openBmc(ipmiSettings(bmc.port, settings), context);
  t.teardown(async () => {
    await driver.close();
    await bmc.close();
  });
  /** For the BMC, so much time has passed. */
  const age = (ms: number) => {
    agedMs += ms;
  };
  return { bmc, chassis, driver, age };
}

/** One kind of BMC for the contract that all must keep. */
export interface ContractRig {
  readonly name: string;
  /** Keeps "for UEFI" and "persistent" of a boot device; ipmi_sim keeps neither. */
  readonly keepsFlags: boolean;
  /** Loses answers: a reset, which is never sent twice, may then end as `bmc-answer-lost`. */
  readonly lossy?: boolean;
  start(t: ExecutionContext): Promise<Bmc>;
}

export const contractRigs: readonly ContractRig[] = [
  {
    name: "ipmi driver, suite 17, our simulated BMC",
    keepsFlags: true,
    start: async (t) => (await simulated(t, {}, { cipherSuites: [17] })).driver,
  },
  {
    name: "ipmi driver, suite 3, our simulated BMC",
    keepsFlags: true,
    start: async (t) => (await simulated(t, {}, { cipherSuites: [3] })).driver,
  },
  {
    name: "ipmi driver, our simulated BMC on a line that loses every fifth packet",
    keepsFlags: true,
    lossy: true,
    start: async (t) => (await simulated(t, { dropEvery: 5 })).driver,
  },
  {
    name: "ipmi driver, our simulated BMC that says everything twice",
    keepsFlags: true,
    start: async (t) => (await simulated(t, { duplicateReplies: true })).driver,
  },
  {
    name: "ipmi driver, ipmi_sim",
    keepsFlags: false,
    start: async (t) => {
      const sim = await startIpmiSim();
      const driver = openBmc(ipmiSettings(sim.port, { address: sim.address }), context);
      t.teardown(async () => {
        await driver.close();
        await sim.stop();
      });
      return driver;
    },
  },
];

/** A person who does what is asked. */
export function manualBmc(asked: string[]): Bmc {
  return openBmc({ driver: "manual" }, { ...context, ask: async (question) => void asked.push(question) });
}
