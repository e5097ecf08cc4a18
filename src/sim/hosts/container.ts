import type { ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import type { KeyPair } from "../../transport/keys.ts";
import type { Shell } from "../../transport/shell.ts";
import { makeGroup, removeGroup } from "./cgroup.ts";
import { openDoor } from "./door.ts";
import { type HostArchive, labNetwork, type TestHost } from "./host.ts";
import { giveIdentity } from "./identity.ts";
import { startKeeper } from "./keeper.ts";
import { hostNamespace, plugHost, removeNetwork } from "./lab-network.ts";
import { superviseArguments } from "./nspawn.ts";
import { mountOverlay, unmount } from "./overlay.ts";
import { currentShell, type Entrance, logIn, settled } from "./session.ts";
import { createUndo, type Undo } from "./undo.ts";

export interface ContainerOptions {
  readonly name: string;
  /** Its place on the bridge, from 0 on. */
  readonly index: number;
  readonly neighbours: readonly string[];
  readonly lab: string;
  /** Root file systems that it only reads, topmost first. */
  readonly lower: readonly string[];
  readonly archives: readonly HostArchive[];
  readonly folder: string;
  readonly socketFolder: string;
  /** The lab's control group. */
  readonly group: string;
  readonly key: KeyPair;
  readonly shell: Shell;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** A container with a real init and sshd on an overlay, in its own network namespace and control group. */
export async function startContainerHost(options: ContainerOptions): Promise<TestHost> {
  const undo = createUndo();
  try {
    return await build(options, undo);
  } catch (thrown) {
    await undo.run().catch(() => {});
    throw thrown;
  }
}

async function build(options: ContainerOptions, undo: Undo): Promise<TestHost> {
  const { name, index, lab, folder, shell, key, clock, signal } = options;
  mkdirSync(folder, { recursive: true });
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const { root } = await mountOverlay(folder, options.lower, shell);
  undo.push(() => unmount(root, shell));
  const hostKey = giveIdentity(root, { ...options, operatorKey: key.publicKey });
  await plugHost(lab, { name, index }, shell);
  undo.push(() => removeNetwork(hostNamespace(lab, name), shell));
  boot(options, root, undo);
  const door = await openDoor(leadOut(options));
  undo.push(() => door.close());
  const entrance: Entrance = { name, port: door.port, hostKey, privateKey: key.privateKey, clock, signal };
  const state = { shell: await logIn(entrance) };
  undo.push(() => state.shell.close());
  await settled(state.shell);
  return {
    name,
    address: labNetwork.hostAddress(index),
    shell: currentShell(name, () => state.shell),
    connect: () => logIn(entrance),
    reboot: async () => {
      state.shell = await reboot(state.shell, entrance);
    },
    stop: () => undo.run(),
  };
}

function boot({ name, lab, group, socketFolder, clock }: ContainerOptions, root: string, undo: Undo): void {
  const [own, keeper] = [join(group, name), join(group, `${name}-keeper`)];
  makeGroup(keeper);
  undo.push(async () => {
    // The keeper first, or it would start the host again.
    await removeGroup(keeper, clock);
    await removeGroup(own, clock);
    await gone(child);
  });
  const argv = superviseArguments(own, { name, root, namespace: hostNamespace(lab, name) });
  const child = startKeeper({ argv, group: keeper, log: join(socketFolder, `${name}.console`) });
}

const gone = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? undefined
    : new Promise((resolve) => child.once("exit", resolve).ref());

type Place = Pick<ContainerOptions, "name" | "index" | "lab" | "group" | "socketFolder">;

/** From the lab's network to a Unix socket, which leads to the host's sshd. */
export function leadOut({ name, index, lab, group, socketFolder }: Place): string {
  const path = join(socketFolder, `${name}.ssh`);
  const argv = [
    "ip",
    "netns",
    "exec",
    lab,
    "socat",
    `UNIX-LISTEN:${path},fork`,
    `TCP:${labNetwork.hostAddress(index)}:22`,
  ];
  startKeeper({ argv, group: join(group, "doors"), log: join(socketFolder, `${name}.log`) });
  return path;
}

const bootId = async (shell: Shell) =>
  (await shell.run({ argv: ["cat", "/proc/sys/kernel/random/boot_id"] })).stdout.trim();

/** Resolves with a connection to the same host after its restart; `down` tells when it may be looked for. */
export async function reboot(shell: Shell, entrance: Entrance, down?: Promise<unknown>): Promise<Shell> {
  const before = await bootId(shell);
  await shell.run({ argv: ["systemctl", "reboot"] }).catch(() => {});
  await down;
  await shell.close();
  const next = await logIn(entrance, async (candidate) => (await bootId(candidate)) !== before);
  await settled(next, entrance.patience);
  return next;
}
