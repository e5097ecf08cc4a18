import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quoteArgv } from "../../transport/quote.ts";
import { makeGroup, removeGroup } from "./cgroup.ts";
import { startKeeper } from "./keeper.ts";
import type { MachineOptions } from "./machine.ts";
import { type BaysState, controlOf, diskFile } from "./machine-bays.ts";
import { machineArguments } from "./machine-qemu.ts";

/** A machine's QEMU while it is on, nothing but its disks while it is off. */
export interface Power {
  state(): "on" | "off";
  /** Starts with the disks that are plugged in. Resolves when QEMU runs, or throws what it said. */
  on(): Promise<void>;
  /** At once, as when the cable is pulled: nobody is asked, nothing is flushed. */
  off(): Promise<void>;
  /** The disks have changed: what the next start is with. */
  changed(): void;
}

const usualMemoryMiB = 1024;
const usualCpus = 2;
/** A QEMU that can't run says so at once. */
const startMs = 1000;

/**
 * A guest that resets ends its QEMU, and so does one that switches itself off; QEMU's exit code is 0 for both. A reset
 * starts the next QEMU; what tells them apart is the kernel's last word.
 */
const keeper = `while sh "$0"; do tail -n 3 "$1" | grep -q "reboot: Power down" && exit 0; done`;

export const consoleOf = ({ socketFolder, name }: MachineOptions) => join(socketFolder, `${name}.console`);

export const variablesOf = ({ folder }: MachineOptions) => join(folder, "firmware.vars");

export const lastLines = (log: string) => readFileSync(log, "utf8").trim().split(/\r?\n/).slice(-12).join("\n  ");

export function createPower(options: MachineOptions, disks: BaysState): Power {
  const { name, group, clock, folder } = options;
  const own = join(group, name);
  const start = join(folder, "start");
  let child: ChildProcess | undefined;
  const state = () => (child && child.exitCode === null && child.signalCode === null ? "on" : "off");
  const changed = () => writeFileSync(start, startScript(options, disks));
  return {
    state,
    changed,
    on: async () => {
      if (state() === "on") return;
      changed();
      makeGroup(own);
      const log = consoleOf(options);
      const begun = startKeeper({ argv: ["sh", "-c", keeper, start, log], group: own, log });
      child = begun;
      const ended = new Promise<"ended">((resolve) => begun.once("exit", () => resolve("ended")));
      const early = await Promise.race([ended, clock.sleep(startMs)]);
      if (early === "ended") throw new Error("QEMU ended");
    },
    off: async () => {
      const ended = state() === "on" && child ? endOf(child) : undefined;
      await removeGroup(own, clock);
      await ended;
    },
  };
}

/** Holds this process until then. */
function endOf(child: ChildProcess): Promise<void> {
  child.ref();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function startScript(options: MachineOptions, { plugged }: BaysState): string {
  const { name, lab, index, folder, image } = options;
  const argv = machineArguments({
    ...{ name, index, kernel: image.kernel, accelerator: options.accelerator ?? "tcg" },
    ...{ initrd: join(folder, "initrd"), systemDisk: join(folder, "root.img"), control: controlOf(options) },
    ...(options.firmware === "uefi" ? { variables: variablesOf(options) } : {}),
    ...{ memoryMiB: options.memoryMiB ?? usualMemoryMiB, cpus: options.cpus ?? usualCpus },
    disks: plugged.map((disk) => ({ ...disk, file: diskFile(folder, disk.serial) })),
  });
  return `exec ${quoteArgv(["ip", "netns", "exec", lab, ...argv])}\n`;
}
