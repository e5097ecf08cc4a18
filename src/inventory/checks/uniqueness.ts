import { formatPlace } from "../../errors.ts";
import type { Conflict, Draft } from "../draft.ts";
import type { Path } from "../places.ts";
import type { Node } from "../schema.ts";

interface Claim {
  readonly node: Draft<Node>;
  readonly path: Path;
  /** What is claimed, in words; two claims with the same words collide. */
  readonly thing: string;
  /** Narrows a collision without being shown: a BMC is its address and its port. */
  readonly key?: string;
}

/** Everything that only one node (and one interface of it) may have. */
function claims(node: Draft<Node>): Claim[] {
  const { interfaces = [], bmc, disks = [] } = node.value;
  const disk = (index: number, key: "serial" | "wwn", label: string): Claim[] => {
    const value = disks[index]?.[key];
    return value === undefined
      ? []
      : [{ node, path: ["disks", index, key], thing: `the disk ${label} ${JSON.stringify(value)}` }];
  };
  return [
    ...interfaces.map(({ mac }, index) => ({
      node,
      path: ["interfaces", index, "mac"],
      thing: `the MAC address ${mac}`,
    })),
    ...interfaces.map(({ address }, index) => ({
      node,
      path: ["interfaces", index, "address"],
      thing: `the address ${address}`,
    })),
    ...(bmc?.driver === "ipmi"
      ? [{ node, path: ["bmc", "address"], thing: `the BMC address ${bmc.address}`, key: String(bmc.port) }]
      : []),
    ...disks.flatMap((_, index) => [...disk(index, "serial", "serial"), ...disk(index, "wwn", "WWN")]),
  ];
}

/** Two nodes, or two places in one node, that claim the same MAC, address, BMC or disk. */
export function checkUniqueness(nodes: readonly Draft<Node>[]): readonly Conflict[] {
  const first = new Map<string, Claim>();
  const conflicts: Conflict[] = [];
  for (const claim of nodes.flatMap(claims)) {
    const key = `${claim.thing} ${claim.key ?? ""}`;
    const earlier = first.get(key);
    if (earlier) conflicts.push(conflict(claim, earlier));
    else first.set(key, claim);
  }
  return conflicts;
}

function conflict({ node, path, thing }: Claim, earlier: Claim): Conflict {
  const owner = earlier.node === node ? "this node already" : earlier.node.name;
  const place = formatPlace(earlier.node.document.placeOf(earlier.path));
  const what = `${thing} belongs to ${owner} (${place})`;
  return { code: "inventory-conflict", document: node.document, path, what };
}
