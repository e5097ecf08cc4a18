import { fail } from "../converge/run-errors.ts";
import type { RunRecord, RunSummary } from "../converge/run-record.ts";
import { findNode } from "../inventory/explain.ts";
import { createLocalController } from "./local.ts";
import { type RunBook, runBook } from "./recording.ts";
import type { Surroundings } from "./surroundings.ts";

/** A stored run with its resources. Throws `run-unknown`. */
export async function storedRun(around: Surroundings, id: string): Promise<RunRecord> {
  const found = await withBook(around, ({ runs }) => runs.find(id));
  if (!found) throw fail("run-unknown", { run: id });
  return found;
}

/** The newest runs, of one node or of all. */
export function storedRuns(
  around: Surroundings,
  { node, limit }: { readonly node: string | undefined; readonly limit: number },
): Promise<readonly RunSummary[]> {
  return withBook(around, ({ runs }, inventory) => {
    if (node !== undefined) findNode(inventory, node);
    return runs.list({ node, limit });
  });
}

type Inventory = Parameters<typeof findNode>[0];

async function withBook<T>(
  around: Surroundings,
  work: (book: RunBook, inventory: Inventory) => Promise<T>,
): Promise<T> {
  const { house, close } = await createLocalController(around);
  try {
    return await work(runBook(house), house.site.inventory);
  } finally {
    await close();
  }
}
