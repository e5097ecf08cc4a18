import type { Track } from "./rollout-policy.ts";

export type NodeState = "waiting" | "running" | NodeOutcome | "withheld";

/** How a node's run ended; `unverified`: it was changed, and doesn't keep its roles' promises. */
export type NodeOutcome = "done" | "unverified" | "failed";

/** A rollout as it stands: a value; {@link step} makes the next one. */
export interface RolloutState {
  /** Nodes at once over all tracks. */
  readonly bound: number;
  readonly tracks: readonly Track[];
  readonly nodes: ReadonlyMap<string, NodeState>;
}

export type RolloutEvent =
  | { readonly kind: "start" }
  | { readonly kind: "settled"; readonly node: string; readonly outcome: NodeOutcome }
  /** Somebody wants no more nodes to be begun. */
  | { readonly kind: "interrupted" };

export type RolloutEffect =
  | { readonly kind: "begin"; readonly node: string }
  /** These aren't begun any more. */
  | { readonly kind: "withhold"; readonly nodes: readonly string[]; readonly because: string }
  /** Nothing runs and nothing waits. Said once. */
  | { readonly kind: "over" };

export function newRollout(tracks: readonly Track[], bound: number): RolloutState {
  const names = tracks.flatMap(({ waves }) => waves.flatMap(({ nodes }) => nodes));
  return { bound, tracks, nodes: new Map(names.map((name) => [name, "waiting"])) };
}

/**
 * What happens next. A wave begins when the one before it is all over, and as long as fewer than `abortAfter` of its
 * track have failed; a failure stops nobody in another track. Within a track nodes begin in their order, and no more run
 * at once than the bound allows.
 */
export function step(state: RolloutState, event: RolloutEvent): readonly [RolloutState, readonly RolloutEffect[]] {
  const heard = hear(state, event);
  const [kept, withheld] = withhold(heard, event);
  const begun = nextOf(kept);
  const nodes = new Map(kept.nodes);
  for (const node of begun) nodes.set(node, "running");
  const next = { ...kept, nodes };
  const beginnings = begun.map((node): RolloutEffect => ({ kind: "begin", node }));
  const over: RolloutEffect[] = isOver(next) && !(isOver(state) && event.kind !== "start") ? [{ kind: "over" }] : [];
  return [next, [...withheld, ...beginnings, ...over]];
}

function hear(state: RolloutState, event: RolloutEvent): RolloutState {
  if (event.kind !== "settled" || state.nodes.get(event.node) !== "running") return state;
  return { ...state, nodes: new Map(state.nodes).set(event.node, event.outcome) };
}

/** Every track that has to stop gives up what it didn't begin, with the reason. */
function withhold(state: RolloutState, event: RolloutEvent): readonly [RolloutState, readonly RolloutEffect[]] {
  const nodes = new Map(state.nodes);
  const effects: RolloutEffect[] = [];
  for (const track of state.tracks) {
    const because = event.kind === "interrupted" ? "the run was interrupted" : reasonToStop(state, track);
    const waiting = namesOf(track).filter((name) => nodes.get(name) === "waiting");
    if (because === undefined || waiting.length === 0) continue;
    for (const name of waiting) nodes.set(name, "withheld");
    effects.push({ kind: "withhold", nodes: waiting, because });
  }
  return [{ ...state, nodes }, effects];
}

const namesOf = ({ waves }: Track) => waves.flatMap(({ nodes }) => nodes);

function reasonToStop({ nodes }: RolloutState, { policy, waves }: Track): string | undefined {
  const bad = (name: string) =>
    nodes.get(name) === "failed" || (nodes.get(name) === "unverified" && policy.gate === "verify");
  const canary = waves.filter((wave) => wave.canary).flatMap((wave) => wave.nodes.filter(bad));
  if (canary.length > 0) return `${canary.join(", ")} went first and failed`;
  const failed = waves.flatMap((wave) => wave.nodes.filter(bad));
  return failed.length >= policy.abortAfter ? `${failed.join(", ")} failed` : undefined;
}

/** The nodes to begin now: of each track's present wave, as many as the bound leaves room for. */
function nextOf(state: RolloutState): readonly string[] {
  const running = [...state.nodes.values()].filter((one) => one === "running").length;
  const ready = state.tracks.flatMap((track) =>
    presentWave(state, track).filter((name) => state.nodes.get(name) === "waiting"),
  );
  return ready.slice(0, Math.max(0, state.bound - running));
}

/** The first wave that isn't over. */
function presentWave({ nodes }: RolloutState, { waves }: Track): readonly string[] {
  const open = waves.find((wave) => wave.nodes.some((name) => isOpen(nodes.get(name))));
  return open?.nodes ?? [];
}

const isOpen = (state: NodeState | undefined) => state === "waiting" || state === "running";

const isOver = ({ nodes }: RolloutState) => ![...nodes.values()].some(isOpen);
