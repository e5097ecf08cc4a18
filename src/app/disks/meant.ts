import { resolveTarget } from "../../raid/target.ts";
import type { World } from "../../raid/world.ts";
import { fail } from "../errors.ts";

export interface Meant {
  readonly node: string;
  readonly word: string;
  /** An earlier world, which knows disks that are gone. */
  readonly remembered?: World | undefined;
}

/** The one disk that is meant. @throws `disk-unknown`, `disk-several`, `disk-without-serial` */
export function serialOf(world: World, { node, word, remembered }: Meant): string {
  const found = resolveTarget(world, word, remembered);
  switch (found.kind) {
    case "disk":
      return found.serial;
    case "none":
      throw fail("disk-unknown", { node, word, known: knownIn(world) });
    case "several":
      throw fail("disk-several", { node, word, candidates: found.candidates });
    case "no-serial":
      throw fail("disk-without-serial", { node, word });
    default:
      return found satisfies never;
  }
}

/** Serial numbers of the host's disks, and of those that only a controller sees. */
const knownIn = ({ disks, pools }: World): readonly string[] => [
  ...new Set([...disks, ...pools.flatMap(({ members }) => members)].flatMap(({ serial }) => (serial ? [serial] : []))),
];
