import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from "js-yaml";
import type { Place } from "../errors.ts";

export type Path = readonly PropertyKey[];

/** Where one YAML node stands in the text, with its children by key or index. Offsets in UTF-16 units. */
export interface PlaceTree {
  readonly offset: number;
  /** Offset of the key that leads here; absent for the document and for list items. */
  readonly keyOffset?: number;
  readonly children: ReadonlyMap<string, PlaceTree>;
}

export interface DuplicateKey {
  readonly key: string;
  readonly path: Path;
  readonly offset: number;
  readonly firstOffset: number;
}

interface Growing {
  offset: number;
  keyOffset?: number;
  readonly children: Map<string, Growing>;
}

interface Walk {
  readonly text: string;
  readonly events: readonly Event[];
  readonly anchors: Map<string, Growing>;
  readonly duplicates: DuplicateKey[];
  next: number;
}

/**
 * Builds the tree from js-yaml's events, which carry offsets. An alias leads to its anchor's children.
 * Duplicate keys are collected on the way: the loader would stop at the first one.
 */
export function placeTree(text: string, events: readonly Event[]): { tree: PlaceTree; duplicates: DuplicateKey[] } {
  const walk: Walk = { text, events, anchors: new Map(), duplicates: [], next: 0 };
  if (events[0]?.type === EVENT_ID.DOCUMENT) walk.next++;
  const tree = events.length > walk.next ? node(walk, [], 0) : { offset: 0, children: new Map() };
  return { tree, duplicates: walk.duplicates };
}

/** An empty value has no offset of its own (-1): then it stands where its key stands. */
function node(walk: Walk, path: Path, fallback: number): Growing {
  const event = walk.events[walk.next++];
  if (!event) return { offset: fallback, children: new Map() };
  const anchor =
    "anchorStart" in event && event.anchorStart >= 0 ? walk.text.slice(event.anchorStart, event.anchorEnd) : "";
  if (event.type === EVENT_ID.ALIAS) {
    return { offset: event.anchorStart - 1, children: walk.anchors.get(anchor)?.children ?? new Map() };
  }
  const grown: Growing = { offset: fallback, children: new Map() };
  if (event.type === EVENT_ID.SCALAR && event.valueStart >= 0)
    grown.offset = startOfScalar(walk.text, event.valueStart, event.style);
  if (event.type === EVENT_ID.SEQUENCE) sequence(walk, path, Object.assign(grown, { offset: event.start }));
  if (event.type === EVENT_ID.MAPPING) mapping(walk, path, Object.assign(grown, { offset: event.start }));
  if (anchor) walk.anchors.set(anchor, grown);
  return grown;
}

/** Quoted scalars report what is inside the quotes, and people look for the quote; blocks report their indentation, too. */
function startOfScalar(text: string, start: number, style: number): number {
  if (style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK)
    return start + text.slice(start).search(/\S|$/);
  return style > 1 && /["']/.test(text[start - 1] ?? "") ? start - 1 : start;
}

function sequence(walk: Walk, path: Path, into: Growing): void {
  for (let index = 0; walk.next < walk.events.length && walk.events[walk.next]?.type !== EVENT_ID.POP; index++) {
    into.children.set(String(index), node(walk, [...path, index], into.offset));
  }
  walk.next++;
}

function mapping(walk: Walk, path: Path, into: Growing): void {
  while (walk.next < walk.events.length && walk.events[walk.next]?.type !== EVENT_ID.POP) {
    const event = walk.events[walk.next];
    const key = event?.type === EVENT_ID.SCALAR ? getScalarValue(walk.text, event) : "?";
    const { offset } = node(walk, path, into.offset);
    const value = node(walk, [...path, key], offset);
    const first = into.children.get(key);
    if (first)
      walk.duplicates.push({ key, path: [...path, key], offset, firstOffset: first.keyOffset ?? first.offset });
    into.children.set(key, { ...value, keyOffset: offset });
  }
  walk.next++;
}

/** The line and column (1-based) of an offset. */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { file, line, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

/** The deepest node on the path that exists, so that a missing key is shown at the object that lacks it. */
export function findOffset(tree: PlaceTree, path: Path, what: "key" | "value"): number {
  let here = tree;
  for (const part of path) {
    const child = here.children.get(String(part));
    if (!child) return here === tree ? here.offset : (here.keyOffset ?? here.offset);
    here = child;
  }
  return what === "key" ? (here.keyOffset ?? here.offset) : here.offset;
}
