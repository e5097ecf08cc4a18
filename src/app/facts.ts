import { observe } from "../converge/observation.ts";
import { factNames } from "../facts/list.ts";
import { findNode } from "../inventory/explain.ts";
import { fail } from "./errors.ts";
import { createLocalController, type House } from "./local.ts";
import { createFactsBook, type StoredFacts } from "./stored-facts.ts";
import type { Surroundings } from "./surroundings.ts";

export interface FactsRequest {
  readonly node: string;
  /** `fresh`: read now. `stored`: without the node. `known`: stored if there are any, else read. */
  readonly from: "fresh" | "stored" | "known";
  readonly signal: AbortSignal;
}

/** A node's facts with their age; what is read is stored. Throws `facts-unknown` and what connecting and reading throw. */
export async function factsOfNode(around: Surroundings, { node, from, signal }: FactsRequest): Promise<StoredFacts> {
  const controller = await createLocalController(around);
  const { house } = controller;
  try {
    findNode(house.site.inventory, node);
    const book = createFactsBook(house.database, around.clock);
    const known = from === "fresh" ? undefined : await book.read(node);
    if (known) return known;
    if (from === "stored") throw fail("facts-unknown", { node });
    await book.save(node, await readFacts(house, node, signal));
    return (await book.read(node)) as StoredFacts;
  } finally {
    await controller.close();
  }
}

async function readFacts(house: House, node: string, signal: AbortSignal) {
  const shell = await house.ssh.connect(node, await house.lifecycle.hostKeys(node));
  try {
    return (await observe([], shell, { signal, facts: factNames })).facts;
  } finally {
    await shell.close();
  }
}
