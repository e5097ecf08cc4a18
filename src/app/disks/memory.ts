import type { Kysely } from "kysely";
import type { Look } from "../../raid/alarms.ts";
import type { World } from "../../raid/world.ts";
import type { Database, Migration } from "../../store/database.ts";

interface DiskTables {
  /** What the watch saw last of each node, and the last world in which nothing was missing. JSON. */
  disk_looks: { node: string; watched: string | null; whole: string | null };
}

export const diskMigrations: readonly Migration[] = [
  {
    name: "disks-0001-looks",
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable("disk_looks")
        .addColumn("node", "text", (column) => column.primaryKey())
        .addColumn("watched", "text")
        .addColumn("whole", "text")
        .execute();
    },
  },
];

/** What is remembered of nodes' disks: a disk that is gone can't be asked who it was. */
export interface DiskMemory {
  /** What the watch has told of. */
  watched(node: string): Promise<Look | undefined>;
  keepWatched(node: string, look: Look): Promise<void>;
  /** The last world in which no array, and no pool, missed a member. */
  whole(node: string): Promise<World | undefined>;
  /** Only if it is one. */
  keepWhole(node: string, world: World): Promise<void>;
}

export function createDiskMemory(database: Database): DiskMemory {
  const db = database.tables<DiskTables>();
  const row = (node: string) => db.selectFrom("disk_looks").selectAll().where("node", "=", node).executeTakeFirst();
  const keep = async (node: string, part: { watched: string } | { whole: string }) => {
    await db
      .insertInto("disk_looks")
      .values({ node, watched: null, whole: null, ...part })
      .onConflict((conflict) => conflict.column("node").doUpdateSet(part))
      .execute();
  };
  return {
    watched: async (node) => {
      const found = await row(node);
      return found?.watched ? (JSON.parse(found.watched) as Look) : undefined;
    },
    keepWatched: (node, look) => keep(node, { watched: JSON.stringify(look) }),
    whole: async (node) => {
      const found = await row(node);
      return found?.whole ? (JSON.parse(found.whole) as World) : undefined;
    },
    keepWhole: async (node, world) => {
      if (isWhole(world)) await keep(node, { whole: JSON.stringify(world) });
    },
  };
}

const isWhole = ({ arrays, pools }: World) =>
  arrays.every(({ degraded, state }) => degraded === 0 && state !== "inactive") &&
  pools.every(({ members }) => members.every(({ state }) => state !== "missing" && state !== "failed"));
