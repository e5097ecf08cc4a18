import type { Block } from "../disks.ts";
import { type Fact, numberOf } from "./fact.ts";

const columns = "NAME,KNAME,PKNAME,TYPE,SIZE,FSTYPE,LABEL,UUID,PARTTYPE,PARTUUID";

/** MOUNTPOINTS came with util-linux 2.37: before, it is one of them. */
const script = `lsblk -J -b -o ${columns},MOUNTPOINTS || lsblk -J -b -o ${columns},MOUNTPOINT`;

interface Node {
  readonly [column: string]: unknown;
  readonly children?: readonly Node[];
}

/**
 * A device that stands on several others is repeated under each of them: here it is once, with all of its parents. Nothing
 * at all where there is no lsblk: who asks what a disk carries must take that for "unknown", not for "nothing".
 */
function parse(lines: readonly string[]): readonly Block[] {
  const nodes = flat(treeOf(lines.join("\n")));
  const names = new Map(nodes.map((node) => [text(node, "kname"), text(node, "name") ?? ""]));
  const found = new Map<string | undefined, Block>();
  for (const node of nodes) {
    const key = text(node, "kname");
    const parent = text(node, "pkname");
    const parents = [...(found.get(key)?.parents ?? []), ...(parent ? [names.get(parent) ?? parent] : [])];
    found.set(key, blockOf(node, [...new Set(parents)]));
  }
  return [...found.values()];
}

function treeOf(json: string): readonly Node[] {
  try {
    return (JSON.parse(json) as { blockdevices?: readonly Node[] }).blockdevices ?? [];
  } catch {
    return [];
  }
}

const flat = (nodes: readonly Node[]): readonly Node[] => nodes.flatMap((node) => [node, ...flat(node.children ?? [])]);

/** Before util-linux 2.33 numbers came as text, too. */
function text(node: Node, column: string): string | undefined {
  const value = node[column];
  return typeof value === "string" || typeof value === "number" ? String(value).trim() || undefined : undefined;
}

const optional = {
  content: "fstype",
  label: "label",
  uuid: "uuid",
  partType: "parttype",
  partUuid: "partuuid",
} as const;

function blockOf(node: Node, parents: readonly string[]): Block {
  const name = text(node, "name") ?? "";
  const kernelName = text(node, "kname") ?? name;
  const told = Object.entries(optional).flatMap(([key, column]) => {
    const value = text(node, column);
    return value ? [[key, key === "partType" ? value.toLowerCase() : value]] : [];
  });
  const points = [node.mountpoints ?? node.mountpoint].flat();
  return {
    name,
    ...(kernelName === name ? {} : { kernelName }),
    type: text(node, "type") ?? "",
    parents,
    sizeBytes: numberOf(text(node, "size")) ?? 0,
    ...Object.fromEntries(told),
    mountPoints: [...new Set(points.filter((point): point is string => typeof point === "string" && point !== ""))],
  };
}

/** What stands on what, what it holds and where it is mounted. */
export const blocks: Fact<readonly Block[]> = { name: "blocks", cheap: false, script, parse };
