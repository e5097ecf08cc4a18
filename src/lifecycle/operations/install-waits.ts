import type { Intent } from "../../boot/intent.ts";
import { describeStall, milestoneIndex, milestoneNamed, usualSecondsAfter } from "../../boot/milestones.ts";
import { ProvisionError, toRecord } from "../../errors.ts";
import { fail } from "../errors.ts";
import type { StallRule, StepContext, StepDefinition } from "../step.ts";
import { installFailure } from "./machine-failures.ts";
import type { InstallParts, InstallTarget } from "./target.ts";

/** Until the machine has fetched its deploy script (or answer file), which spends the intent. */
export const netboot = (parts: InstallParts): StepDefinition => ({
  name: "netboot",
  label: "Boot from the network",
  idempotent: true,
  waitsOn: "boot",
  deadlineMs: parts.times.netbootMs,
  expectedMs: 20_000,
  run: async (ctx) => {
    await parts.intents.resume(ctx.node, ctx.generation);
    const check = async () => {
      const { state } = await living(parts, ctx);
      return state === "consumed" || state === "done" ? true : undefined;
    };
    await ctx.waitFor(check, { stall: stallRule(parts, ctx) });
    await ctx.milestone("deploy-started");
    return undefined;
  },
});

/** Until the machine says that it is done, with its host keys; they are pinned for this generation. */
export const deploy = (parts: InstallParts): StepDefinition => ({
  name: "deploy",
  label: "Write the system to its disks",
  idempotent: true,
  waitsOn: "callback",
  deadlineMs: parts.times.deployMs,
  expectedMs: 45_000,
  run: async (ctx) => {
    await parts.intents.resume(ctx.node, ctx.generation);
    const check = async () => {
      const { outcome } = await living(parts, ctx);
      if (outcome?.kind === "done") return outcome.hostKeys;
      if (isCutShort(ctx, parts.target(ctx.node))) throw fail("machine-restarted", { node: ctx.node });
      return undefined;
    };
    await ctx.pinHostKeys(await ctx.waitFor(check, { stall: stallRule(parts, ctx) }));
    return undefined;
  },
});

/** Our ramdisk says "done" before it restarts; what a distribution installed says it from its own disks, after that. */
const isCutShort = ({ restartedSince }: StepContext, { byDistribution }: InstallTarget) =>
  restartedSince("deploy-started") && !(byDistribution && restartedSince("configured"));

/** Until it runs from its own disks, and proves it with the pinned host key. */
export const firstBoot = (parts: InstallParts): StepDefinition => ({
  name: "first-boot",
  label: "Boot from disk and answer over SSH",
  idempotent: true,
  waitsOn: "boot",
  deadlineMs: parts.times.firstBootMs,
  expectedMs: 85_000,
  run: async (ctx) => {
    const intent = await parts.intents.find(ctx.node, ctx.generation);
    const hostKeys = intent?.outcome?.kind === "done" ? intent.outcome.hostKeys : [];
    const stall = stallRule(parts, ctx);
    const greeting = ctx.waitFor(() => parts.ssh.banner(ctx.node, ctx.signal), { pollMs: 1000, stall });
    await greeting.catch(async (silence) => {
      throw (await refusal(parts, ctx, hostKeys)) ?? silence;
    });
    await ctx.milestone("ssh-answers");
    await logIn(parts, ctx, hostKeys);
    return undefined;
  },
});

/** A port that refuses says more than silence: the machine is up, and its sshd isn't. */
async function refusal(
  { ssh }: InstallParts,
  { node, signal }: StepContext,
  hostKeys: readonly string[],
): Promise<unknown> {
  if (signal.aborted) return undefined;
  const reason = await ssh.login(node, hostKeys, signal).catch((error: unknown) => error);
  return reason instanceof ProvisionError && reason.code === "ssh-refused" ? reason : undefined;
}

/** A server that only just came up may refuse at first, for a while; a wrong host key is the end. */
async function logIn({ ssh, times }: InstallParts, ctx: StepContext, hostKeys: readonly string[]): Promise<void> {
  let refused: Error | undefined;
  const check = async () => {
    try {
      await ssh.login(ctx.node, hostKeys, ctx.signal);
      return true;
    } catch (error) {
      if (!(error instanceof ProvisionError) || !error.retry) throw error;
      refused = error;
      ctx.line(toRecord(error).message);
      return undefined;
    }
  };
  const describe = (_: unknown, waitedMs: number) =>
    refused ?? fail("step-timeout", { node: ctx.node, step: "Log in over SSH", deadlineMs: waitedMs });
  await ctx.waitFor(check, { pollMs: 2000, stall: { afterMs: () => 2 * times.stallFloorMs, describe } });
}

/** The intent, as long as there is hope. */
async function living(parts: InstallParts, { node, generation }: StepContext): Promise<Intent> {
  const intent = await parts.intents.find(node, generation);
  if (intent?.outcome?.kind === "failed") throw installFailure(node, intent.outcome);
  if (!intent || intent.state === "cancelled" || intent.state === "expired") {
    throw fail("intent-lost", { node, state: intent?.state ?? "gone" });
  }
  return intent;
}

function stallRule({ target, times }: InstallParts, { node }: StepContext): StallRule {
  const { firmware, mac, byDistribution } = target(node);
  const usualMs = (last: string) => usualSecondsAfter(last, firmware) * 1000 * times.stallFactor;
  const floorMs = (last: string) => {
    if (!byDistribution || milestoneIndex(last) < milestoneIndex("boot-script")) return times.stallFloorMs;
    return milestoneIndex(last) < milestoneIndex("deploy-started") ? times.installerStartMs : times.installerSilenceMs;
  };
  return {
    afterMs: (last) => (last === undefined ? times.noDhcpMs : Math.max(floorMs(last), usualMs(last))),
    describe: (last, waitedMs) => {
      const { likelyCause: cause, hint, ...progress } = describeStall(last, firmware);
      const seen = milestoneNamed(last ?? "")?.label;
      if (seen === undefined)
        return fail("no-network-boot", { node, mac, waitedMs, hint }).withProgress({
          ...progress,
          lastMilestone: "power-on",
        });
      return fail("boot-stalled", { node, waitedMs, last: seen, cause, hint }).withProgress(progress);
    },
  };
}
