import type { Judgement, Surroundings, SwapQuestion } from "../../../src/raid/gates/gate.ts";
import { makePlan } from "../../../src/raid/make-plan.ts";
import type { Backup, Carried, ProbeReport } from "../../../src/raid/probes/probe.ts";
import type { SwapMode, SwapPlan } from "../../../src/raid/swap-plan.ts";
import type { World } from "../../../src/raid/world.ts";
import { serials } from "../worlds.ts";

/** sdb's: what the tests take out; sda stays. */
export const target = serials[1] as string;
export const survivor = serials[0] as string;

export interface Circumstances {
  readonly serial?: string;
  readonly mode?: SwapMode;
  /** The plan was made of this earlier look at the host. */
  readonly planned?: World;
  readonly plan?: Partial<SwapPlan>;
  readonly probes?: readonly ProbeReport[];
  readonly surroundings?: Partial<Surroundings>;
}

const wellSurrounded: Surroundings = {
  othersInMaintenance: [],
  bmc: { state: "ok", said: "power on, SOL works" },
  hotSwap: true,
  acceptsDataLoss: false,
};

export const hourSeconds = 3_600;
export const daySeconds = 24 * hourSeconds;

export const backup = (...words: readonly string[]): Backup => ({
  covers: words,
  kind: "files",
  tool: "restic",
  ageSeconds: 5 * hourSeconds,
  restoreTestedAgoSeconds: 20 * daySeconds,
  maxAgeSeconds: 26 * hourSeconds,
  runNow: "restic backup /",
});

export const telling = (
  probe: string,
  told: { backups?: readonly Backup[]; carried?: readonly Carried[] },
): ProbeReport => ({
  probe,
  label: probe,
  state: "present",
  ...told,
});

/** Everything that the hosts of worlds.ts mount. */
export const wellBacked: readonly ProbeReport[] = [
  telling("restic", { backups: [backup("/", "/srv")] }),
  { probe: "xen", label: "Xen guests", state: "absent" },
];

/** A question about sdb where all is well, but for what is said otherwise. */
export function ask(world: World, circumstances: Circumstances = {}): SwapQuestion {
  const {
    serial = target,
    mode = "hot",
    planned = world,
    plan = {},
    probes = wellBacked,
    surroundings = {},
  } = circumstances;
  const made = makePlan(planned, serial, { mode, hotSwap: true });
  return { world, plan: { ...made, ...plan }, probes, surroundings: { ...wellSurrounded, ...surroundings } };
}

/** `refuse md1: …` per finding; with its waiver: `confirm backup:/srv …`. */
export const lines = (judgements: readonly Judgement[]): readonly string[] =>
  judgements.map(({ verdict, waiver, evidence }) => [verdict, ...(waiver ? [waiver] : []), evidence].join(" "));
