import { type Act, act, bareUuid, call } from "./act.ts";
import { arrayShell } from "./array-shell.ts";

export interface Speed {
  /** Absent: the limit for all arrays. */
  readonly arrayUuid?: string;
  /** Of a rebuild, per disk; `default`: an array follows the limit for all, and that is the kernel's (200,000). */
  readonly kibPerSecond: number | "default";
}

/** Limits how fast a rebuild may be: md(4) `sync_speed_max`, `speed_limit_max`. Prints `speed KIB`. */
export function setSpeed({ arrayUuid, kibPerSecond }: Speed): Act {
  const value = kibPerSecond === "default" ? undefined : kibPerSecond;
  const body =
    arrayUuid === undefined
      ? call("y_write", "/proc/sys/dev/raid/speed_limit_max", value ?? 200_000)
      : `${call("a_find", bareUuid(arrayUuid))}\n${call('y_write "$a_dir/sync_speed_max"', value ?? "system")}`;
  return act({ name: "setting the rebuild's speed", limitMs: 30_000, shell: [arrayShell, shell], body });
}

const shell = `
y_write() { # file, value
  printf '%s\\n' "$2" > "$1" || stop "$1 doesn't take $2"
  y_text=$(cat "$1") # dash reads byte by byte, and /proc/sys gives one byte only
  say speed "\${y_text%% *}"
}
`;
