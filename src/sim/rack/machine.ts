import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { BootOverride, Chassis } from "../chassis.ts";
import { bayOf, fileOf, freeBay, readBays, writeBays } from "./bays.ts";
import { fail } from "./errors.ts";
import { fileNames, type MachineFiles } from "./files.ts";
import type { RackMachine, RackPlan } from "./plan.ts";
import { forgetProcess, recordProcess } from "./processes.ts";
import { bayNames, diskDevice, diskFile, qemuArguments, qemuProgram } from "./qemu.ts";
import { Qmp } from "./qmp.ts";

/** QEMU opens its sockets within a second; the rest is for a machine that has much else to do. */
const startPatienceMs = 20_000;
const quitPatienceMs = 3000;
const pollMs = 50;

export interface MachineOptions {
  readonly plan: RackPlan;
  readonly machine: RackMachine;
  readonly tap: string;
  /** Asked when the machine resets by itself: where does it boot from now? Uses up a one-shot override. */
  takeBoot(): BootOverride;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  readonly child: ChildProcess;
  readonly qmp: Qmp;
  readonly startedMs: number;
  readonly boot: BootOverride;
  /** Resolves when QEMU is gone and all that it said has been read. */
  readonly ended: Promise<void>;
}

/** One machine of the rack: a QEMU process while it is on, nothing but its disks while it is off. */
export class VirtualMachine implements Chassis {
  readonly #options: MachineOptions;
  readonly #files: MachineFiles;
  #running: Running | undefined;
  /** Between two QEMUs of a reset: nobody would call that off. */
  #resetting = false;
  /** Power commands one after the other, whoever gives them. */
  #queue: Promise<void> = Promise.resolve();
  #problem: unknown;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#files = fileNames(options.plan, options.machine.name);
  }

  isOn(): boolean {
    return this.#running !== undefined || this.#resetting;
  }

  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  get uptimeMs(): number | undefined {
    return this.#running && this.#options.clock.monotonicMs() - this.#running.startedMs;
  }

  /** What the present run was started with. */
  get bootedFrom(): BootOverride | undefined {
    return this.#running?.boot;
  }

  /** Why the last start failed, until one succeeds. */
  get problem(): unknown {
    return this.#problem;
  }

  powerOn(boot: BootOverride): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#running) await this.#start(boot);
    });
  }

  powerOff(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  reset(boot: BootOverride): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#running) return;
      await this.#again(boot, () => this.#stop());
    });
  }

  /** The ACPI power button. Firmware ignores it; an operating system shuts down when it gets to it. */
  async softOff(): Promise<void> {
    await this.#running?.qmp.execute("system_powerdown");
  }

  /** Somebody pulls the disk out of its bay, whether the machine runs or not. @throws `rack-no-such-disk` */
  pull(serial: string): Promise<void> {
    const { plan, machine, clock } = this.#options;
    return this.#inTurn(async () => {
      const bays = readBays(plan, machine);
      const bay = bayOf(bays, machine.name, serial);
      if (this.#running) await unplug(this.#running.qmp, bay, clock);
      writeBays(plan, machine, bays.with(bay, undefined));
    });
  }

  /** Puts a disk into the first empty bay: the one that was pulled, or a blank one. @throws `rack-bays-full`, `rack-disk-twice` */
  insert(serial: string, sizeMiB: number): Promise<void> {
    const { plan, machine } = this.#options;
    return this.#inTurn(async () => {
      const bays = readBays(plan, machine);
      const bay = freeBay(bays, machine.name, serial);
      const file = fileOf(plan, machine, serial);
      if (!existsSync(file)) {
        writeFileSync(file, "", { mode: 0o600 });
        truncateSync(file, sizeMiB * 2 ** 20);
      }
      await this.#running?.qmp.execute("blockdev-add", diskFile(bay, file));
      await this.#running?.qmp.execute("device_add", diskDevice(bay, serial));
      writeBays(plan, machine, bays.with(bay, { serial, sizeMiB, file }));
    });
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #start(boot: BootOverride): Promise<void> {
    const { machine, clock, log } = this.#options;
    try {
      const child = await this.#spawn(boot);
      const qmp = await this.#connect(child);
      const ended = endOf(child, qmp);
      this.#running = { child, qmp, boot, ended, startedMs: clock.monotonicMs() };
      this.#problem = undefined;
      void ended.then(() => this.#afterEnd(child, qmp));
      await qmp.execute("cont");
      log.info("machine started", { machine: machine.name, boot: boot.device, pid: child.pid });
    } catch (thrown) {
      this.#problem = thrown;
      log.error("machine did not start", { machine: machine.name, reason: String(thrown) });
      throw thrown;
    }
  }

  async #spawn(boot: BootOverride): Promise<ChildProcess> {
    const { plan, machine, tap } = this.#options;
    const files = this.#files;
    rmSync(files.control, { force: true });
    rmSync(files.console, { force: true });
    const bays = readBays(plan, machine);
    const emulation = { machine, files, bays, tap, boot, accelerator: plan.accelerator };
    const output = openSync(files.emulatorLog, "w");
    const child = spawn(qemuProgram, qemuArguments(emulation), { stdio: ["ignore", output, output] });
    closeSync(output);
    const spawned = new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    await spawned.catch((cause) => {
      throw fail("rack-machine-did-not-start", { machine: machine.name, detail: String(cause.message) }, { cause });
    });
    if (child.pid !== undefined) recordProcess(plan.runDir, machine.name, child.pid);
    return child;
  }

  /** The control connection; QEMU's socket is there some time after its process. */
  async #connect(child: ChildProcess): Promise<Qmp> {
    const { clock, machine, plan } = this.#options;
    const end = clock.monotonicMs() + startPatienceMs;
    for (;;) {
      const qmp = await Qmp.connect(this.#files.control).catch(() => undefined);
      if (qmp) return qmp;
      const exited = hasEnded(child);
      if (exited || clock.monotonicMs() > end) {
        child.kill("SIGKILL");
        forgetProcess(plan.runDir, machine.name);
        const told = lastLines(this.#files.emulatorLog);
        const detail = told || (exited ? `QEMU ended with ${child.exitCode ?? child.signalCode}` : "QEMU is silent");
        throw fail("rack-machine-did-not-start", { machine: machine.name, detail });
      }
      await clock.sleep(pollMs);
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    const giveUp = this.#options.clock.after(quitPatienceMs, () => running.child.kill("SIGKILL"));
    running.qmp.execute("quit").catch(() => {});
    await running.ended;
    giveUp();
    this.#clear(running.child);
  }

  /** QEMU is gone: by our own hand, by the guest's power-off, or for a reset that needs a new process. */
  #afterEnd(child: ChildProcess, qmp: Qmp): void {
    const { machine, log } = this.#options;
    const reason = qmp.shutdownReason ?? `QEMU died (${child.exitCode ?? child.signalCode})`;
    log.info("machine ended", { machine: machine.name, reason });
    this.#inTurn(async () => {
      if (this.#running?.child !== child) return;
      if (reason !== "guest-reset") this.#clear(child);
      else await this.#again(this.#options.takeBoot(), async () => this.#clear(child));
    }).catch(() => {});
  }

  async #again(boot: BootOverride, end: () => Promise<void>): Promise<void> {
    this.#resetting = true;
    try {
      await end();
      await this.#start(boot);
    } finally {
      this.#resetting = false;
    }
  }

  #clear(child: ChildProcess): void {
    if (this.#running?.child !== child) return;
    this.#running = undefined;
    forgetProcess(this.#options.plan.runDir, this.#options.machine.name);
  }
}

const letGoMs = 30_000;

/** `device_del` is a question to the guest, whose driver lets go within a second or two; until then the file can't go. */
async function unplug(qmp: Qmp, bay: number, clock: Clock): Promise<void> {
  const { node, device } = bayNames(bay);
  await qmp.execute("device_del", { id: device });
  const end = clock.monotonicMs() + letGoMs;
  for (;;) {
    const refused = await qmp.execute("blockdev-del", { "node-name": node }).then(
      () => undefined,
      (error: Error) => error,
    );
    if (!refused) return;
    if (clock.monotonicMs() > end) throw refused;
    await clock.sleep(pollMs);
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function endOf(child: ChildProcess, qmp: Qmp): Promise<void> {
  if (!hasEnded(child)) await new Promise((resolve) => child.once("exit", resolve));
  await qmp.closed;
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" / ");
}
