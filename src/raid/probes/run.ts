import type { Probe, ProbeReport, ProbeSettings } from "./probe.ts";

const usualSeconds = 60;
const limitOf = ({ limitSeconds = usualSeconds }: Probe) => limitSeconds;

/** How long the program may take in all, in milliseconds: its probes run beside each other. */
export const probesLimitMs = (probes: readonly Probe[]): number => (Math.max(0, ...probes.map(limitOf)) + 30) * 1000;

/**
 * One POSIX sh program that asks every probe whose script these settings call for: beside each other, each in a shell and, where
 * timeout(1) is, within a time of its own. Scripts travel on standard input, so that none of them is on an argument
 * vector; answers are kept apart in files, so that a tool that outlives its time holds nothing up. Each line of an answer is
 * marked with the probe's name, whatever the tool printed.
 */
export function probeProgram(probes: readonly Probe[], settings: ProbeSettings): string {
  const asked = probes.flatMap((probe) => {
    const script = probe.script(settings);
    return script === undefined ? [] : [{ probe, script }];
  });
  return `${programShell}
${asked.map(({ probe, script }) => start(probe, script)).join("\n")}
wait
${asked.map(({ probe }) => `p_tell ${probe.name}`).join("\n")}
`;
}

const programShell = `umask 077
p_folder=$(mktemp -d /run/provision-probes.XXXXXX 2>/dev/null || mktemp -d) || { echo 'there is no place for answers' >&2; exit 1; }
trap 'rm -rf "$p_folder"' EXIT
: "\${HOME:=/root}"
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export HOME PATH LC_ALL
p_limit=
if timeout -k 1 5 true 2>/dev/null; then p_limit='timeout -k 5'; elif timeout 5 true 2>/dev/null; then p_limit=timeout; fi
p_ask() { # name seconds; its script on standard input
  if [ -n "$p_limit" ]; then $p_limit "$2" sh -s; else sh -s; fi >"$p_folder/$1.out" 2>"$p_folder/$1.err"
  echo $? >"$p_folder/$1.exit"
}
p_tell() { # name
  head -c 4000000 "$p_folder/$1.out" | sed "s/^/@probe $1 line /"; echo
  tail -n 3 "$p_folder/$1.err" | sed "s/^/@probe $1 said /"; echo
  p_exit=; [ ! -r "$p_folder/$1.exit" ] || read -r p_exit <"$p_folder/$1.exit"
  echo "@probe $1 exit $p_exit"
}`;

/** Called on its last line: the shell has read all of it by then, and no tool can read its rest from standard input. */
function start(probe: Probe, script: string): string {
  const main = `main() {\n${script}\n}\nmain </dev/null`;
  let end = "END_OF_PROBE";
  while (main.includes(end)) end += "_";
  return `p_ask ${probe.name} ${limitOf(probe)} <<'${end}' &\n${main}\n${end}`;
}

/** What each probe came to. Whatever isn't a clear answer is `unknown`: it may never pass for "there is no such thing". */
export function readProbes(output: string, probes: readonly Probe[], settings: ProbeSettings): readonly ProbeReport[] {
  const lines = output.split("\n");
  return probes.map((probe) => {
    const { name, label } = probe;
    if (probe.script(settings) === undefined) return { probe: name, label, state: "absent" };
    const told = (mark: string) => {
      const start = `@probe ${name} ${mark} `;
      return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
    };
    return judge(probe, settings, { lines: told("line"), said: told("said"), exit: told("exit") });
  });
}

interface Answer {
  readonly lines: readonly string[];
  readonly said: readonly string[];
  readonly exit: readonly string[];
}

function judge(probe: Probe, settings: ProbeSettings, { lines, said, exit: [exit] }: Answer): ProbeReport {
  const { name, label } = probe;
  const unknown = (why: string): ProbeReport => ({ probe: name, label, state: "unknown", why: discreet(why) });
  if (exit === undefined || !/^\d+$/.test(exit)) return unknown("no answer came back");
  if (isTimeUp(Number(exit))) return unknown(`it was stopped: no answer within ${limitOf(probe)} s`);
  if (exit !== "0") return unknown(said.join(" ").trim() || `it ended with status ${exit} and said nothing`);
  if (lines.every((line) => line.trim() === "")) return { probe: name, label, state: "absent" };
  try {
    const told = probe.parse(lines, settings);
    const isEmpty = (told.carried ?? []).length === 0 && (told.backups ?? []).length === 0;
    return { probe: name, label, state: isEmpty ? "absent" : "present", ...told };
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

/** timeout(1) ends with 124, or 137 when it had to kill; busybox's ends as what it stopped: 143. */
const isTimeUp = (exit: number) => [124, 137, 143].includes(exit);

/** A tool may tell its repository's URL: what stands before the host in it isn't for others. */
const discreet = (why: string) => why.replaceAll(/:\/\/[^/@\s]+@/g, "://***@").slice(0, 400);
