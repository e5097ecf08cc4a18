import type { RackPlan } from "./plan.ts";

/** Where a rack keeps what belongs to one machine. */
export interface MachineFiles {
  readonly stateDir: string;
  /** One raw file per disk, in the order of the plan. */
  readonly disks: readonly string[];
  /** Which disk is in which bay by now; absent: as planned. */
  readonly bays: string;
  /** UEFI variables: this machine's own copy. */
  readonly firmwareVariables: string;
  /** Everything that the machine ever wrote to its serial port. */
  readonly serialLog: string;
  readonly runDir: string;
  /** Unix socket of the serial port; it takes one client. */
  readonly console: string;
  /** Unix socket of QEMU's control protocol; the rack's daemon holds it. */
  readonly control: string;
  /** What QEMU itself has to say. */
  readonly emulatorLog: string;
}

export function fileNames(plan: Pick<RackPlan, "stateDir" | "runDir" | "machines">, name: string): MachineFiles {
  const stateDir = `${plan.stateDir}/${name}`;
  const runDir = `${plan.runDir}/${name}`;
  const disks = plan.machines.find((machine) => machine.name === name)?.disks ?? [];
  return {
    stateDir,
    disks: disks.map((_, index) => `${stateDir}/disk${index}.img`),
    bays: `${stateDir}/bays.json`,
    firmwareVariables: `${stateDir}/vars.fd`,
    serialLog: `${stateDir}/serial.log`,
    runDir,
    console: `${runDir}/console.sock`,
    control: `${runDir}/control.sock`,
    emulatorLog: `${runDir}/qemu.log`,
  };
}

export const planFile = (runDir: string) => `${runDir}/rack.json`;
/** Who connects is told the rack's state as one JSON document. */
export const statusSocket = (runDir: string) => `${runDir}/status.sock`;
/** Who sends an order for a machine's bays, as a line of JSON, is told how it went. */
export const baysSocket = (runDir: string) => `${runDir}/bays.sock`;
export const processesDir = (runDir: string) => `${runDir}/processes`;
export const daemonLog = (runDir: string) => `${runDir}/daemon.log`;
export const gatewayLog = (runDir: string) => `${runDir}/gateway.log`;
export const advertiserConfig = (runDir: string) => `${runDir}/radvd.conf`;
/** In a folder that a rack made: only such a folder is ever removed. */
export const marker = ".provision-rack";
