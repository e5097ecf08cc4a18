import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Clock } from "../clock.ts";
import type { BootFlags } from "../ipmi/commands/boot-flags.ts";
import { bootFlagsParameter } from "../ipmi/commands/boot-options.ts";
import { type Privilege, privileges } from "../ipmi/commands/set-session-privilege.ts";
import type { Log } from "../log.ts";
import type { Secret } from "../secret.ts";
import { type BootOptions, createBootOptions } from "./bmc-boot-options.ts";
import type { Machine } from "./bmc-commands.ts";
import { createConversation } from "./bmc-conversation.ts";
import { type BmcFaults, createLine } from "./bmc-faults.ts";
import { BmcLogins } from "./bmc-logins.ts";
import { createPowerControl } from "./bmc-power.ts";
import type { BootOverride, Chassis } from "./chassis.ts";

export interface SimulatedBmcOptions {
  readonly host: string;
  /** 0 (the default): any that is free. */
  readonly port?: number;
  readonly user: string;
  readonly password: Secret;
  /** administrator */
  readonly privilege?: Privilege;
  /** 16 bytes as Get System GUID sends them; by default, chance. */
  readonly guid?: Uint8Array;
  readonly chassis: Chassis;
  readonly clock: Clock;
  readonly log: Log;
  /** Read at each packet: turn them while it runs. */
  readonly faults?: BmcFaults;
}

export interface SimulatedBmc {
  readonly port: number;
  /** What the next start would be told, and how. */
  bootOverride(): BootFlags;
  /** The machine starts anew by its own doing: what its firmware is told. One-shot flags are gone afterwards. */
  takeBootOverride(): BootOverride;
  /** As a reset of the BMC itself: all sessions are gone. */
  forgetSessions(): void;
  /** The machine has done what was asked so far. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const GUID_BYTES = 16;

/** A BMC that speaks IPMI 2.0 over UDP (RMCP+, cipher suites 3 and 17) and switches a {@link Chassis}. */
export async function startSimulatedBmc(options: SimulatedBmcOptions): Promise<SimulatedBmc> {
  const { clock, log, chassis, faults = {}, guid = clock.randomBytes(GUID_BYTES) } = options;
  const boot = createBootOptions(clock, faults);
  const power = createPowerControl({ chassis, boot, clock, log });
  const { user: name, password, privilege = "administrator" } = options;
  const users = [{ name, password, limit: privileges[privilege] }];
  const logins = new BmcLogins({ users, guid, faults, clock });
  const machine = { chassis, boot, power, faults, guid, ...createLight(chassis, clock) };
  const conversation = createConversation({ logins, machine, clock });

  const socket = await bind(options);
  const line = createLine(faults);
  socket.on("message", (datagram, peer) => {
    if (line.loses("in")) return;
    const reply = conversation.answer(new Uint8Array(datagram));
    if (reply) send({ socket, peer, copies: faults.duplicateReplies ? 2 : 1 }, reply, () => line.loses("out"));
  });
  socket.on("error", (error) => log.warn("simulated BMC's socket", { error: error.message }));
  return {
    port: socket.address().port,
    bootOverride: () => flagsOf(boot),
    takeBootOverride: boot.take,
    forgetSessions: () => logins.forget(),
    settled: power.settled,
    close: async () => {
      await power.settled();
      socket.close();
      await once(socket, "close");
    },
  };
}

function send(to: { socket: Socket; peer: RemoteInfo; copies: number }, reply: Uint8Array, lost: () => boolean): void {
  for (let copy = 0; copy < to.copies; copy += 1) {
    if (!lost()) to.socket.send(reply, to.peer.port, to.peer.address);
  }
}

async function bind({ host, port = 0 }: SimulatedBmcOptions): Promise<Socket> {
  const socket = createSocket("udp4");
  const bound = once(socket, "listening");
  socket.bind(port, host);
  await bound;
  return socket;
}

/** The identify light: on for so many seconds. */
function createLight(chassis: Chassis, clock: Clock): Pick<Machine, "identify" | "identifying"> {
  let onUntilMs = 0;
  return {
    identifying: () => clock.monotonicMs() < onUntilMs,
    identify: (seconds) => {
      onUntilMs = clock.monotonicMs() + seconds * 1000;
      chassis.identify?.(seconds);
    },
  };
}

function flagsOf(boot: BootOptions): BootFlags {
  const option = boot.get(bootFlagsParameter);
  if (option?.kind !== "flags") throw new TypeError("boot options lost their flags");
  return option.flags;
}
