import { fail } from "../errors.ts";
import type { OperationRecord } from "../records.ts";
import type { OperationDefinition, StepContext, StepDefinition } from "../step.ts";
import { deploy, firstBoot, netboot } from "./install-waits.ts";
import { powerOn } from "./power.ts";
import { type InstallParts, withBmc } from "./target.ts";

/**
 * From a powered-off machine to one that answers over SSH with the host key that we pinned. Parameters: `reinstall: true`
 * once a person has confirmed that what is on it may be erased.
 */
export function createInstall(parts: InstallParts): OperationDefinition {
  return ({ parameters }) => {
    const reinstall = parameters.reinstall === true;
    return [
      rehearse(parts),
      bmcReachable(parts),
      checkTarget(parts, reinstall),
      arm(parts, reinstall),
      bootDevice(parts),
      powerOn(parts),
      netboot(parts),
      deploy(parts),
      disarm(parts),
      firstBoot(parts),
    ];
  };
}

/** A mistake in a template or a role is found now, not by a machine that waits for its script. */
const rehearse = (parts: InstallParts): StepDefinition => ({
  name: "rehearse",
  label: "Render what it will be handed",
  idempotent: true,
  deadlineMs: 60_000,
  expectedMs: 100,
  run: async ({ node }) => {
    await parts.rehearse(node);
    return undefined;
  },
});

const bmcTries = { times: 2, backoffMs: 2000 };

const bmcReachable = (parts: InstallParts): StepDefinition => ({
  name: "bmc-reachable",
  label: "Reach its BMC",
  idempotent: true,
  deadlineMs: 60_000,
  expectedMs: 1000,
  retries: bmcTries,
  run: async (ctx) => {
    const power = await withBmc(parts, ctx, async (bmc) => {
      const { firmware } = await bmc.ping();
      if (firmware) ctx.line(`BMC firmware ${firmware}`);
      return bmc.powerState();
    });
    await ctx.observed({ power });
    return undefined;
  },
});

/** A machine that runs, or is in use, isn't ours to erase until somebody says so. */
const checkTarget = (parts: InstallParts, reinstall: boolean): StepDefinition => ({
  name: "check-target",
  label: "Check that it may be installed",
  idempotent: true,
  deadlineMs: 60_000,
  expectedMs: 500,
  retries: bmcTries,
  run: async (ctx) => {
    const { node } = ctx;
    const phase = ctx.phase();
    if (reinstall) return undefined;
    if (phase === "ready" || phase === "active") throw fail("already-installed", { node, phase });
    const power = await withBmc(parts, ctx, (bmc) => bmc.powerState());
    if (power === "off" || phase !== "unknown") return undefined;
    if (!(await isLeftOnByUs(parts, ctx))) throw fail("node-is-running", { node });
    ctx.line("it still runs from an install that failed before it wrote anything; it is switched off and on");
    return undefined;
  },
});

/** What the ramdisk only says before its first write, and when what is on the disks was not the reason. */
const beforeWriting: readonly string[] = ["disk-not-found", "disk-ambiguous", "disk-too-small"];

/**
 * Did the last install that switched it on end before anything was written? Then it is only as on as we made it. An
 * install that found it running and left it alone says nothing of it.
 */
async function isLeftOnByUs({ intents }: InstallParts, ctx: StepContext): Promise<boolean> {
  const poweredOn = ({ steps }: OperationRecord) =>
    steps.some((step) => step.name === "power-on" && step.state === "done");
  const last = (await ctx.operationsBefore()).find((one) => one.kind !== "install" || poweredOn(one));
  if (last?.kind !== "install") return false;
  const intent = await intents.find(ctx.node, last.generation);
  if (!intent || intent.consumedAt === undefined) return true;
  return intent.outcome?.kind === "failed" && beforeWriting.includes(intent.outcome.code);
}

const arm = (parts: InstallParts, reinstall: boolean): StepDefinition => ({
  name: "arm",
  label: "Arm a one-shot install",
  idempotent: true,
  deadlineMs: 10_000,
  expectedMs: 100,
  run: async ({ node, generation, by }) => {
    const { mac, address, disks } = parts.target(node);
    const ttlMs = parts.times.netbootMs + 300_000;
    await parts.intents.arm({ node, generation, mac, address, disks, armedBy: by, erase: reinstall, ttlMs });
    return undefined;
  },
  undo: ({ node }) => parts.intents.cancel(node),
});

const bootDevice = (parts: InstallParts): StepDefinition => ({
  name: "boot-device",
  label: "Set its next boot to the network",
  idempotent: true,
  deadlineMs: 60_000,
  expectedMs: 1000,
  retries: bmcTries,
  run: async (ctx) => {
    const efi = parts.target(ctx.node).firmware === "uefi";
    await withBmc(parts, ctx, (bmc) => bmc.setBootDevice({ device: "pxe", persistent: false, efi }));
    return undefined;
  },
  undo: (ctx) => clearBootDevice(parts, ctx),
});

const clearBootDevice = async (parts: InstallParts, { node }: StepContext) => {
  const bmc = parts.openBmc(node);
  try {
    const { device } = await bmc.bootDevice();
    const efi = parts.target(node).firmware === "uefi";
    if (device !== "none") await bmc.setBootDevice({ device: "none", persistent: false, efi });
  } finally {
    await bmc.close().catch(() => {});
  }
};

/** The intent is spent by now. A BMC that doesn't answer here costs nothing: a network boot would lead to the local disk. */
const disarm = (parts: InstallParts): StepDefinition => ({
  name: "disarm",
  label: "Disarm",
  idempotent: true,
  deadlineMs: 60_000,
  expectedMs: 1000,
  run: async (ctx) => {
    await parts.intents.cancel(ctx.node);
    await clearBootDevice(parts, ctx).catch((error) => ctx.line(`the boot device could not be checked: ${error}`));
    return undefined;
  },
});
