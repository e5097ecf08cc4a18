import type { Bmc } from "../../bmc/driver.ts";
import type { Intents } from "../../boot/intents.ts";
import type { Firmware } from "../../boot/milestones.ts";
import { toRecord } from "../../errors.ts";
import type { DiskSelector } from "../../inventory/schema.ts";
import type { Ipv4Address, MacAddress } from "../../wire/addresses.ts";
import type { StepContext } from "../step.ts";

/** The machine, as the inventory describes it. */
export interface InstallTarget {
  readonly firmware: Firmware;
  /** Of the interface that boots, and the address reserved for it. */
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly disks: readonly DiskSelector[];
  /** Installed by its distribution's own program, which says less, and later, than our ramdisk. */
  readonly byDistribution: boolean;
}

/** How the installed system is met. */
export interface SshProbe {
  /** The server's greeting, or nothing if nobody answers. One connection, no login. */
  banner(node: string, signal: AbortSignal): Promise<string | undefined>;
  /** Logs in with these host keys pinned; throws when it can't, with `retry` as to whether waiting may help. */
  login(node: string, hostKeys: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface InstallTimes {
  /** From power-on until its first DHCP request. */
  readonly noDhcpMs: number;
  readonly netbootMs: number;
  readonly deployMs: number;
  readonly firstBootMs: number;
  /** Silence between two milestones is a failure after this many times what is usual, but not before `stallFloorMs`. */
  readonly stallFactor: number;
  readonly stallFloorMs: number;
  /** The same for a distribution's installer: until it has fetched its answers, and from then on. */
  readonly installerStartMs: number;
  readonly installerSilenceMs: number;
  /** For a power order to show. */
  readonly powerMs: number;
}

/** Generous: emulated processors under load took up to four times as long as quiet ones. */
export const usualTimes: InstallTimes = {
  noDhcpMs: 120_000,
  netbootMs: 900_000,
  deployMs: 2_700_000,
  firstBootMs: 1_200_000,
  stallFactor: 6,
  stallFloorMs: 90_000,
  installerStartMs: 600_000,
  installerSilenceMs: 1_800_000,
  powerMs: 30_000,
};

/** What the install needs from the floors around it. */
export interface InstallParts {
  /** Makes every text that the node will be handed, and throws what is wrong with one; nothing is touched. */
  rehearse(node: string): Promise<void>;
  target(node: string): InstallTarget;
  openBmc(node: string): Bmc;
  readonly intents: Pick<Intents, "arm" | "resume" | "find" | "cancel">;
  readonly ssh: SshProbe;
  readonly times: InstallTimes;
}

/** One session with the BMC for one step; what it was like is shown with the node. */
export async function withBmc<T>(
  parts: Pick<InstallParts, "openBmc">,
  ctx: StepContext,
  work: (bmc: Bmc) => Promise<T>,
): Promise<T> {
  const bmc = parts.openBmc(ctx.node);
  try {
    const result = await work(bmc);
    await ctx.observed({ bmc: "ok" });
    return result;
  } catch (error) {
    const { code } = toRecord(error);
    const seen = /unreachable|silent|timeout/.test(code)
      ? "unreachable"
      : /auth|password|user|privilege/.test(code)
        ? "auth"
        : undefined;
    if (seen && !ctx.signal.aborted) await ctx.observed({ bmc: seen });
    throw error;
  } finally {
    await bmc.close().catch(() => {});
  }
}
