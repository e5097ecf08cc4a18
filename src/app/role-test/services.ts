import type { Shell } from "../../transport/shell.ts";

/** Unit → the process and the start that it is now. */
export type Running = ReadonlyMap<string, string>;

const ask = `units=$(systemctl list-units --type=service --state=running --plain --no-legend --no-pager | cut -d ' ' -f 1)
[ -z "$units" ] || systemctl show -p Id -p MainPID -p InvocationID -- $units`;

/** Logins come and go with the test's own connections. */
const passing = /^(?:user|user-runtime-dir|session-\d+|sshd?)@/;

export async function runningServices(shell: Shell): Promise<Running> {
  const { stdout } = await shell.run({ script: ask });
  return parseServices(stdout);
}

/** Blocks of `KEY=VALUE`, as systemctl(1) shows several units. */
export function parseServices(text: string): Running {
  const blocks = text.split(/\n\n+/).map((block) => new Map(block.split("\n").map((line) => toPair(line))));
  return new Map(
    blocks.flatMap((block): [string, string][] => {
      const unit = block.get("Id") ?? "";
      return unit === "" || passing.test(unit) ? [] : [[unit, `${block.get("MainPID")} ${block.get("InvocationID")}`]];
    }),
  );
}

const toPair = (line: string): [string, string] => [
  line.slice(0, line.indexOf("=")),
  line.slice(line.indexOf("=") + 1),
];

/** Services that ran before and are another process now, or none. */
export function restarted(before: Running, after: Running): readonly string[] {
  return [...before].flatMap(([unit, was]) => {
    const is = after.get(unit);
    if (is === was) return [];
    return [`${unit}: MainPID ${was.split(" ")[0]} → ${is === undefined ? "not running" : is.split(" ")[0]}`];
  });
}
