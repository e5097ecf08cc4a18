import type { Kysely, Selectable, Updateable } from "kysely";
import type { Clock } from "../clock.ts";
import type { DiskSelector } from "../inventory/schema.ts";
import type { Secret } from "../secret.ts";
import type { Database } from "../store/database.ts";
import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";
import { fail } from "./errors.ts";
import {
  type Intent,
  type IntentEvent,
  type IntentOutcome,
  sourcesOf,
  targetOf,
  toIntent,
  unfinished,
} from "./intent.ts";
import type { BootTables } from "./tables.ts";
import { createToken, hashToken } from "./tokens.ts";

export interface ArmOptions {
  readonly node: string;
  readonly generation: number;
  readonly mac: MacAddress;
  /** The address that the machine's lease will have; its token is good from there only. */
  readonly address: Ipv4Address;
  readonly armedBy: string;
  readonly ttlMs: number;
  /** May disks that hold something be overwritten? */
  readonly erase: boolean;
  readonly disks: readonly DiskSelector[];
}

/** The one-shot permissions to install. Every change is durable before its promise resolves. */
export interface Intents {
  /** Idempotent for a generation that isn't consumed yet. Throws `already-armed`, `intent-spent`. */
  arm(options: ArmOptions): Promise<Intent>;
  /** Takes over an unfinished intent after a restart; without this no intent of another process is ever served. */
  resume(node: string, generation: number): Promise<Intent | undefined>;
  /** Makes a new token, the only good one from now on; nothing if the intent may not be handed out (any more). */
  hand(intent: Intent): Promise<Secret | undefined>;
  /** True for exactly one caller per generation. */
  consume(intent: Intent): Promise<boolean>;
  /** Records how it ended; true for the first outcome. */
  finish(intent: Intent, outcome: IntentOutcome): Promise<boolean>;
  /** Disarms whatever the node has; from any process, at any time. */
  cancel(node: string): Promise<void>;
  find(node: string, generation: number): Promise<Intent | undefined>;
  byToken(token: string): Promise<Intent | undefined>;
  /** The newest intent of this MAC. */
  byMac(mac: MacAddress): Promise<Intent | undefined>;
  /** The same from memory, for answers that can't wait. Another process's changes show late. */
  remembered(mac: MacAddress): Intent | undefined;
  /** Has its time run out, by either clock? A wall clock that went backwards counts as run out. */
  expired(intent: Intent): boolean;
  /** Does this process answer for it? */
  mine(intent: Intent): boolean;
}

export interface IntentsOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Names this process, differently at every start. */
  readonly instance: string;
}

type IntentRow = Selectable<BootTables["boot_intents"]>;

interface Keeper extends IntentsOptions {
  readonly db: Kysely<BootTables>;
  /** The newest intent of each MAC. */
  readonly memory: Map<MacAddress, Intent>;
  /** Monotonic deadlines of what this process armed. */
  readonly deadlines: Map<number, number>;
}

/** Opens the intents. If the database turned out to be restored or copied, none of the old ones is good any more. */
export async function createIntents(options: IntentsOptions): Promise<Intents> {
  const keeper: Keeper = {
    ...options,
    db: options.database.tables<BootTables>(),
    memory: new Map(),
    deadlines: new Map(),
  };
  if (options.database.epoch.restored) await cancel(keeper);
  for (const row of await keeper.db.selectFrom("boot_intents").selectAll().orderBy("id").execute()) keep(keeper, row);
  const select = () => keeper.db.selectFrom("boot_intents").selectAll();
  return {
    arm: (wanted) => arm(keeper, wanted),
    resume: (node, generation) => resume(keeper, node, generation),
    hand: (intent) => hand(keeper, intent),
    consume: (intent) => consume(keeper, intent),
    finish: (intent, outcome) => finish(keeper, intent, outcome),
    cancel: (node) => cancel(keeper, node),
    find: (node, generation) => find(keeper, node, generation),
    byToken: async (token) =>
      keep(keeper, await select().where("token_hash", "=", hashToken(token)).executeTakeFirst()),
    byMac: async (mac) => keep(keeper, await select().where("mac", "=", mac).orderBy("id", "desc").executeTakeFirst()),
    remembered: (mac) => keeper.memory.get(mac),
    expired: (intent) => expired(keeper, intent),
    mine: (intent) => intent.owner === options.instance,
  };
}

function keep({ memory }: Keeper, row: IntentRow | undefined): Intent | undefined {
  if (!row) return undefined;
  const intent = toIntent(row);
  const known = memory.get(intent.mac);
  if (!known || known.id <= intent.id) memory.set(intent.mac, intent);
  return intent;
}

const find = async (keeper: Keeper, node: string, generation: number) =>
  keep(
    keeper,
    await keeper.db
      .selectFrom("boot_intents")
      .selectAll()
      .where("node", "=", node)
      .where("generation", "=", generation)
      .executeTakeFirst(),
  );

const toleratedStepBackMs = 300_000;

function expired({ clock, deadlines }: Keeper, intent: Intent): boolean {
  const [wall, deadline] = [clock.now().getTime(), deadlines.get(intent.id)];
  const outside = wall >= intent.expiresAt.getTime() || wall < intent.armedAt.getTime() - toleratedStepBackMs;
  return outside || (deadline !== undefined && clock.monotonicMs() >= deadline);
}

async function arm(keeper: Keeper, options: ArmOptions): Promise<Intent> {
  const { node, generation, ttlMs } = options;
  const existing = await find(keeper, node, generation);
  if (existing && (existing.state === "armed" || existing.state === "handed")) {
    return (await resume(keeper, node, generation)) ?? existing;
  }
  if (existing) throw fail("intent-spent", { node, generation, state: existing.state });
  const row = await insert(keeper, options);
  keeper.deadlines.set(row.id, keeper.clock.monotonicMs() + ttlMs);
  await keeper.database.epoch.advance();
  return keep(keeper, row) as Intent;
}

/** One unfinished intent per node and per MAC, whoever armed it. */
async function insert(keeper: Keeper, options: ArmOptions): Promise<IntentRow> {
  const { node, mac } = options;
  return keeper.db.transaction().execute(async (transaction) => {
    const other = await transaction
      .selectFrom("boot_intents")
      .selectAll()
      .where((eb) => eb.or([eb("node", "=", node), eb("mac", "=", mac)]))
      .where("state", "in", [...unfinished])
      .executeTakeFirst();
    if (other) throw fail("already-armed", { node, mac, since: new Date(other.armed_at).toISOString() });
    return transaction
      .insertInto("boot_intents")
      .values(toRow(keeper, options))
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

function toRow({ clock, instance }: Keeper, { armedBy, ttlMs, erase, disks, ...same }: ArmOptions) {
  const now = clock.now().getTime();
  const { node, generation, mac, address } = same;
  return {
    ...{ node, generation, mac, address, state: "armed", token_hash: null, outcome: null, consumed_at: null },
    ...{
      owner: instance,
      armed_by: armedBy,
      armed_at: now,
      expires_at: now + ttlMs,
      erase: erase ? 1 : 0,
      disks: JSON.stringify(disks),
    },
  };
}

async function resume(keeper: Keeper, node: string, generation: number): Promise<Intent | undefined> {
  await keeper.db
    .updateTable("boot_intents")
    .set({ owner: keeper.instance })
    .where("node", "=", node)
    .where("generation", "=", generation)
    .where("state", "in", [...unfinished])
    .execute();
  return find(keeper, node, generation);
}

async function hand(keeper: Keeper, intent: Intent): Promise<Secret | undefined> {
  if (!(await servable(keeper, intent))) return undefined;
  const token = createToken(keeper.clock);
  return (await move(keeper, intent, { event: "hand", token_hash: hashToken(token.reveal()) })) ? token : undefined;
}

async function consume(keeper: Keeper, intent: Intent): Promise<boolean> {
  const consumed_at = keeper.clock.now().getTime();
  const won = (await servable(keeper, intent)) && (await move(keeper, intent, { event: "consume", consumed_at }));
  if (won) await keeper.database.epoch.advance();
  return won;
}

function finish(keeper: Keeper, intent: Intent, outcome: IntentOutcome): Promise<boolean> {
  const event = outcome.kind === "done" ? "finish" : "fail";
  return move(keeper, intent, { event, outcome: JSON.stringify(outcome) });
}

async function servable(keeper: Keeper, intent: Intent): Promise<boolean> {
  if (!expired(keeper, intent)) return true;
  await move(keeper, intent, { event: "expire" });
  return false;
}

type Move = Updateable<BootTables["boot_intents"]> & { readonly event: IntentEvent };

/** The only statement that moves an intent on: the table says from where, the database lets one of several callers through. */
async function move(keeper: Keeper, intent: Intent, { event, ...also }: Move): Promise<boolean> {
  const row = await keeper.db
    .updateTable("boot_intents")
    .set({ ...also, state: targetOf(event) })
    .where("id", "=", intent.id)
    .where("state", "in", sourcesOf(event))
    .where("owner", "=", keeper.instance)
    .returningAll()
    .executeTakeFirst();
  return keep(keeper, row) !== undefined;
}

/** Of one node, or of all: what a restored database promised is void. */
async function cancel(keeper: Keeper, node?: string): Promise<void> {
  const all = keeper.db
    .updateTable("boot_intents")
    .set({ state: targetOf("cancel") })
    .where("state", "in", sourcesOf("cancel"))
    .returningAll();
  for (const row of await (node === undefined ? all : all.where("node", "=", node)).execute()) keep(keeper, row);
}
