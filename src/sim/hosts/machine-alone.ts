import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { qemuProgram, uefiVariables } from "../rack/qemu.ts";
import { makeGroup, removeGroup } from "./cgroup.ts";
import { fail } from "./errors.ts";
import { startKeeper } from "./keeper.ts";
import type { MachineOptions } from "./machine.ts";
import { copySparse } from "./machine-disks.ts";
import { uefiArguments } from "./machine-qemu.ts";
import { must } from "./must.ts";

export interface AloneOptions {
  readonly firmware: "bios" | "uefi";
  /** What the boot loader or the system prints on the serial line when it has got there. */
  readonly marker: string;
  /** 60 000 */
  readonly timeoutMs?: number;
}

const usualTimeoutMs = 60_000;
const pollMs = 100;

/**
 * Starts a copy of one disk in a machine of its own, by its firmware and without a kernel of ours, and waits for a marker
 * on the serial line. The disk stays as it is. Returns what the line said.
 * @throws `host-did-not-start` with the last words
 */
export async function startAlone(options: MachineOptions, file: string, how: AloneOptions): Promise<string> {
  const { name, group, folder, clock, shell, socketFolder } = options;
  const own = join(group, `${name}-alone`);
  const [disk, variables] = [join(folder, "alone.img"), join(folder, "alone.vars")];
  const log = join(socketFolder, `${name}.alone`);
  rmSync(log, { force: true });
  await must(shell, "a copy of a disk", { argv: copySparse(file, disk) });
  await must(shell, "a firmware's variables", { argv: copySparse(uefiVariables, variables) });
  makeGroup(own);
  try {
    const argv = aloneArguments({ ...how, accelerator: options.accelerator ?? "tcg", disk, variables });
    const child = startKeeper({ argv, group: own, log });
    const until = clock.monotonicMs() + (how.timeoutMs ?? usualTimeoutMs);
    for (;;) {
      const said = readLine(log);
      if (said.includes(how.marker)) return said;
      const ended = child.exitCode !== null;
      if (ended || clock.monotonicMs() > until) throw silent(name, how, said);
      await clock.sleep(pollMs);
    }
  } finally {
    await removeGroup(own, clock);
    for (const one of [disk, variables]) rmSync(one, { force: true });
  }
}

interface Alone extends AloneOptions {
  readonly accelerator: "tcg" | "kvm";
  readonly disk: string;
  readonly variables: string;
}

/** `-nographic` has SeaBIOS and GRUB write to the serial line; no network card, so that nothing else can start. */
export function aloneArguments({ firmware, accelerator, disk, variables }: Alone): string[] {
  const drive = (options: string) => ["-drive", `format=raw,${options}`];
  return [
    ...[qemuProgram, "-name", "alone", "-machine", firmware === "uefi" ? "q35" : "pc"],
    ...["-nodefaults", "-no-user-config"],
    ...["-accel", accelerator === "kvm" ? "kvm" : "tcg", "-cpu", accelerator === "kvm" ? "host" : "max", "-m", "256"],
    ...["-nographic", "-monitor", "none", "-serial", "stdio", "-nic", "none", "-boot", "strict=on"],
    ...(firmware === "uefi" ? uefiArguments(variables) : []),
    ...["-device", "virtio-scsi-pci,id=scsi0"],
    ...drive(`if=none,id=only,cache=unsafe,file=${doubled(disk)}`),
    ...["-device", "scsi-hd,drive=only,bus=scsi0.0,bootindex=1"],
  ];
}

const doubled = (path: string) => path.replaceAll(",", ",,");

/** Without what moves the cursor: ECMA-48 §5.4. */
const readLine = (log: string) =>
  readFileSync(log, "latin1")
    .replaceAll(/\u001b\[[0-9;?=]*[A-Za-z]/g, "")
    .replaceAll(/[^\n -~]/g, "");

const silent = (name: string, { firmware, marker, timeoutMs = usualTimeoutMs }: AloneOptions, said: string) =>
  fail("host-did-not-start", {
    name: `${name}, from one disk alone by ${firmware}`,
    seconds: timeoutMs / 1000,
    reason: `"${marker}" was not said; its line ends with:\n  ${said.trim().split("\n").slice(-12).join("\n  ")}`,
  });
