import { readFileSync, writeFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { type ApplyOptions, converge } from "../converge/apply.ts";
import { compileCatalogue, factsWanted } from "../converge/catalogue.ts";
import { decodeCatalogue, encodeCatalogue } from "../converge/catalogue-text.ts";
import type { RunReport } from "../converge/report.ts";
import { findNode } from "../inventory/explain.ts";
import { openContainer, parseContainer } from "../transport/container.ts";
import { createLocalShell } from "../transport/local.ts";
import type { Shell } from "../transport/shell.ts";
import { catalogueRequest } from "./converge.ts";
import { fail } from "./errors.ts";
import { openSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

export interface CatalogueWanted {
  /** Parameters of this run only: `varnish.port=80`. */
  readonly set?: readonly string[];
  /** Secrets as they are. */
  readonly reveal: boolean;
}

/**
 * What a node should be, as a file for the node itself. Nobody is connected to.
 * @throws `catalogue-needs-facts`, `catalogue-holds-secrets` and what is wrong with the node's roles
 */
export async function catalogueText(around: Surroundings, node: string, wanted: CatalogueWanted): Promise<string> {
  const site = await openSite(around);
  findNode(site.inventory, node);
  const request = catalogueRequest(site, node, wanted.set ? { set: wanted.set } : {});
  const facts = factsWanted(request);
  if (facts.length > 0) throw fail("catalogue-needs-facts", { node, facts });
  return encodeCatalogue(compileCatalogue(request), wanted);
}

/** Only its owner may read it, from its first byte on. Throws `catalogue-file` when it can't be written. */
export function writeCatalogue(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (thrown) {
    throw fail("catalogue-file", { file, reason: (thrown as Error).message }, { cause: thrown });
  }
}

export interface ApplyingFrom extends Pick<ApplyOptions, "onEvent" | "signal"> {
  /** A path; `-` is standard input. */
  readonly from: string;
  /** A container on this machine; none: the machine itself. */
  readonly container?: string | undefined;
  readonly clock: Clock;
}

/**
 * Applies a catalogue on this very machine, without inventory, records or network: plan, apply under the host's lock,
 * and read again. Throws `catalogue-file`, `catalogue-unreadable`, `container-unnamed`, and as `applyPlan` does.
 */
export async function applyFrom({ from, container, clock, ...options }: ApplyingFrom): Promise<RunReport> {
  const catalogue = decodeCatalogue(readCatalogue(from));
  const shell = await shellFor(container, clock);
  try {
    return await converge(catalogue, shell, { ...options, clock, run: `provision apply --from ${from}` });
  } finally {
    await shell.close();
  }
}

function readCatalogue(from: string): string {
  try {
    return readFileSync(from === "-" ? 0 : from, "utf8");
  } catch (thrown) {
    throw fail("catalogue-file", { file: from, reason: (thrown as Error).message }, { cause: thrown });
  }
}

async function shellFor(container: string | undefined, clock: Clock): Promise<Shell> {
  if (container === undefined) return createLocalShell({ clock });
  const target = parseContainer(container);
  if (!target) throw fail("container-unnamed", { given: container });
  return openContainer(target, { clock });
}
