import { formatPlace } from "../../errors.ts";
import type { Conflict, Draft } from "../draft.ts";
import type { Path } from "../places.ts";
import type { Node } from "../schema.ts";

interface Claim {
  readonly node: Draft<Node>;
  readonly path: Path;
  readonly key: string;
  readonly thing: string;
}

/** A slot that a node has twice, and a disk that is in two bays, be they of two nodes. */
export function checkBays(nodes: readonly Draft<Node>[]): readonly Conflict[] {
  const first = new Map<string, Claim>();
  return nodes.flatMap(claims).flatMap((claim): Conflict[] => {
    const earlier = first.get(claim.key);
    if (earlier) return [conflict(claim, earlier)];
    first.set(claim.key, claim);
    return [];
  });
}

const claims = (node: Draft<Node>): Claim[] =>
  (node.value.bays ?? []).flatMap(({ slot, serial, enclosure }, index) => [
    {
      node,
      path: ["bays", index, "slot"],
      key: JSON.stringify(["slot", node.name, enclosure ?? "", slot]),
      thing: `bays[${index}]: the slot ${JSON.stringify(slot)}${enclosure === undefined ? "" : ` of ${enclosure}`}`,
    },
    ...(serial === undefined
      ? []
      : [
          {
            node,
            path: ["bays", index, "serial"],
            key: JSON.stringify(["serial", serial]),
            thing: `bays[${index}]: the disk ${JSON.stringify(serial)}`,
          },
        ]),
  ]);

function conflict({ node, path, thing }: Claim, earlier: Claim): Conflict {
  const owner = earlier.node === node ? "" : ` of ${earlier.node.name}`;
  const place = formatPlace(earlier.node.document.placeOf(earlier.path));
  const what = `${thing} stands at another bay${owner} already (${place})`;
  const hint = "Each slot of a node and each disk has one bay; correct the wrong one";
  return { code: "inventory-conflict", document: node.document, path, what, hint };
}
