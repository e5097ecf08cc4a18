/** One thing to know about a host: a piece of POSIX sh that prints lines, and a pure parser of those lines. */
export interface Fact<Value = unknown> {
  readonly name: string;
  readonly script: string;
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
