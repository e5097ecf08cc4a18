/** One thing to know about a host: a piece of POSIX sh (busybox will do) that prints lines, and a pure parser of those lines. */
export interface Fact<Value = unknown> {
  readonly name: string;
  /** Read in every run: it starts no process, or one. Others are read when they are asked for. */
  readonly cheap: boolean;
  readonly script: string;
  /** Also of no lines at all: then the host doesn't have such a thing, or doesn't tell. */
  parse(lines: readonly string[]): Value;
}

/** `KEY=value` lines as os-release(5) and others have them, quotes taken off. */
export function parseAssignments(lines: readonly string[]): ReadonlyMap<string, string> {
  const pairs = lines.flatMap((line): [string, string][] => {
    const found = /^([A-Za-z_]\w*)=(.*)$/.exec(line);
    return found ? [[found[1] as string, (found[2] as string).replace(/^(["'])(.*)\1$/, "$2")]] : [];
  });
  return new Map(pairs);
}

/** Blocks of `key=value` lines, each begun by a line with this key. */
export function parseBlocks(lines: readonly string[], first: string): readonly ReadonlyMap<string, string>[] {
  const blocks: Map<string, string>[] = [];
  for (const [key, value] of lines.map(pairOf)) {
    if (key === first) blocks.push(new Map());
    blocks.at(-1)?.set(key, value);
  }
  return blocks;
}

/** The first `=` parts a line. */
export function pairOf(line: string): readonly [string, string] {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** `undefined` for what isn't a number. */
export const numberOf = (text: string | undefined) =>
  text === undefined || !/^-?\d+$/.test(text.trim()) ? undefined : Number(text);
