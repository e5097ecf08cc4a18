import { referenceOf } from "./declare.ts";
import { fail } from "./errors.ts";
import type { Claims, Resource } from "./resource.ts";

/** A declaration with what it owns on the host. */
export interface Claiming {
  readonly resource: Resource;
  readonly claims: Claims;
}

interface Holder {
  readonly resource: Resource;
  readonly how: "whole" | "part";
}

/**
 * One thing on a host has one owner: a file and a link of one path can't both have their way, nor can a whole file and
 * a line in it. Throws `conflicting-resources` with both places.
 */
export function refuseConflicts(all: readonly Claiming[]): void {
  const holders = new Map<string, Holder>();
  for (const { resource, claims } of all) {
    for (const thing of claims.whole ?? []) take(holders, thing, { resource, how: "whole" });
    for (const thing of claims.part ?? []) take(holders, thing, { resource, how: "part" });
  }
}

function take(holders: Map<string, Holder>, thing: string, claimed: Holder): void {
  const held = holders.get(thing);
  if (held && held.resource !== claimed.resource && (held.how === "whole" || claimed.how === "whole")) {
    throw conflict(thing, held.resource, claimed.resource);
  }
  holders.set(thing, held ?? claimed);
}

function conflict(thing: string, first: Resource, second: Resource) {
  const named = ({ declared, ...resource }: Resource) => ({ resource: referenceOf(resource), declared });
  const details = { thing: thing.replace(":", " "), first: named(first), second: named(second) };
  return fail("conflicting-resources", details, { place: second.declared });
}
