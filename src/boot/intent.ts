import type { Selectable } from "kysely";
import type { DiskSelector } from "../inventory/schema.ts";
import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";
import type { BootTables } from "./tables.ts";

/**
 * A one-shot permission to install, as a table: state → event → state. `hand` gives out the script with the token,
 * `consume` the deploy script itself; what is consumed never becomes anything that could be handed out again.
 */
export const intentTransitions = {
  armed: { hand: "handed", cancel: "cancelled", expire: "expired" },
  handed: { hand: "handed", consume: "consumed", fail: "cancelled", cancel: "cancelled", expire: "expired" },
  consumed: { finish: "done", fail: "cancelled", cancel: "cancelled" },
  done: {},
  cancelled: {},
  expired: {},
} as const;

export type IntentState = keyof typeof intentTransitions;
export type IntentEvent = "hand" | "consume" | "finish" | "fail" | "cancel" | "expire";

type Row = Partial<Record<IntentEvent, IntentState>>;
const table: Readonly<Record<IntentState, Row>> = intentTransitions;
export const intentStates = Object.keys(table) as readonly IntentState[];

/** The states in which this can happen. */
export const sourcesOf = (event: IntentEvent): IntentState[] =>
  intentStates.filter((state) => table[state][event] !== undefined);

/** Where it leads; the same from every state, as the table's test checks. */
export const targetOf = (event: IntentEvent): IntentState =>
  intentStates.map((state) => table[state][event]).find((target) => target !== undefined) as IntentState;

/** The states from which something can still happen. */
export const unfinished: readonly IntentState[] = intentStates.filter((state) => Object.keys(table[state]).length > 0);

/** How the machine said it ended. */
export type IntentOutcome =
  | { readonly kind: "done"; readonly hostKeys: readonly string[] }
  | { readonly kind: "failed"; readonly code: string; readonly sentence: string; readonly detail: string };

export interface Intent {
  readonly id: number;
  readonly node: string;
  readonly generation: number;
  readonly state: IntentState;
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly armedBy: string;
  readonly armedAt: Date;
  readonly expiresAt: Date;
  readonly erase: boolean;
  readonly disks: readonly DiskSelector[];
  /** The process that answers for it. */
  readonly owner: string;
  readonly outcome: IntentOutcome | undefined;
  /** When its deploy script was given out, if it ever was; from then on the disks may have been written. */
  readonly consumedAt: Date | undefined;
}

export const toIntent = (row: Selectable<BootTables["boot_intents"]>): Intent => ({
  id: row.id,
  node: row.node,
  generation: row.generation,
  state: row.state as IntentState,
  mac: row.mac as MacAddress,
  address: row.address as Ipv4Address,
  armedBy: row.armed_by,
  armedAt: new Date(row.armed_at),
  expiresAt: new Date(row.expires_at),
  erase: row.erase !== 0,
  disks: JSON.parse(row.disks) as DiskSelector[],
  owner: row.owner,
  outcome: row.outcome === null ? undefined : (JSON.parse(row.outcome) as IntentOutcome),
  consumedAt: row.consumed_at === null ? undefined : new Date(row.consumed_at),
});
