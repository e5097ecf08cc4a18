import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { ofRounds } from "./fleet-rounds.ts";
import type { Goal, Results } from "./goals.ts";
import { median } from "./measure.ts";
import type { Rounds, Unchanged } from "./unchanged.ts";

const verdict = ({ met }: Goal) => (met === undefined ? "–" : met ? "yes" : "**no**");

/** For the terminal. */
export function renderGoals(goals: readonly Goal[]): string {
  const width = Math.max(...goals.map(({ says }) => says.length));
  const lines = goals.map(
    ({ says, wanted, measured, met }) =>
      `  ${met === undefined ? "–" : met ? "✔" : "✘"} ${says.padEnd(width)}  ${measured.padStart(12)}  (${wanted})`,
  );
  return ["", ...lines, ""].join("\n");
}

export interface Surroundings {
  readonly date: Date;
  /** Root file systems of the hosts, topmost first: their package records tell the peers' versions. */
  readonly layers: readonly string[];
}

/** docs/benchmarks.md. */
export function renderReport(results: Results, goals: readonly Goal[], around: Surroundings): string {
  const rows = goals.map((goal) => `| ${goal.says} | ${goal.wanted} | ${goal.measured} | ${verdict(goal)} |`);
  return `# How fast the config engine is, beside its peers

Written by \`npm run bench:converge\`, whole: don't edit it. ${explanation}
Measured on ${around.date.toISOString().slice(0, 10)} on ${machine()}; ${versions(around.layers)}.

| goal | wanted | measured | met |
|---|---|---|---|
${rows.join("\n")}

## The numbers behind it

Medians of wall time by the monotonic clock; all engines in turn, round by round, on one host.

| 100 resources, nothing to change | time | range | rounds | SSH sessions | bytes on the wire |
|---|---|---|---|---|---|
${caseNames.map(([one, says]) => caseRow(says, results.unchanged[one])).join("\n")}

${firstTable(results)}

${fleetTable(results)}
${conditions}`;
}

const explanation = `One catalogue of 100 resources (60 templated files, 20 directories, 10 packages,
5 users, 5 lines in a file), described once and handed to each engine in its own language, on one host, in one run. After each first converge an
independent check reads the host's files from outside; before the rounds without changes each engine has to notice one changed byte of one file.`;

const caseNames: readonly (readonly [keyof Unchanged, string])[] = [
  ["cold", "provision, in a controller that runs, new connection"],
  ["kept", "provision, in a controller that runs, kept connection"],
  ["command", "`bin/provision plan`, the whole process"],
  ["script", "hand-written sh script, `ssh host sh -s`"],
  ["quickScript", "the same, with Nagle's algorithm switched off by a proxy command"],
  ["puppet", "`puppet apply` on the host itself, without SSH"],
  ["ansible", "`ansible-playbook`, pipelining, the whole process"],
  ["large", "provision, new connection, **1,000** resources"],
  ["largeScript", "hand-written script, **1,000** resources"],
];

const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 1000 ? 3 : 1)} s`;
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;

const range = (values: readonly number[]) => `${seconds(Math.min(...values))} – ${seconds(Math.max(...values))}`;

function caseRow(says: string, { ms, sessions, bytes }: Rounds): string {
  return `| ${says} | ${seconds(median(ms))} | ${range(ms)} | ${ms.length} | ${median(sessions)} | ${kilobytes(median(bytes))} |`;
}

function firstTable({ first }: Results): string {
  const row = (says: string, values: readonly number[]) =>
    `| ${says} | ${seconds(median(values))} | ${range(values)} | ${values.length} |`;
  return `| first converge of a bare host, packages from an archive on the host itself | time | range | rounds |
|---|---|---|---|
${row("provision: plan, apply, read again to prove it", first.ours)}
${row("`puppet apply`", first.puppet)}
${row("`ansible-playbook`", first.ansible)}`;
}

function fleetTable({ fleet }: Results): string {
  const of = (key: Parameters<typeof ofRounds>[1]) => seconds(ofRounds(fleet, key));
  return `| ${fleet.hosts} hosts, new connections, nothing to change | wall | processor time: controller's of everybody's |
|---|---|---|
| provision | ${of("ms")} | ${of("controllerCpuMs")} of ${of("machineCpuMs")} |
| hand-written script, ${fleet.hosts} × \`ssh\` at once | ${of("scriptMs")} | – of ${of("scriptMachineCpuMs")} |

The controller's process had at most ${(fleet.peakBytes / 1e6).toFixed(0)} MB in use, Node itself included.`;
}

function machine(): string {
  const [first, ...more] = cpus();
  const count = `${more.length + 1} cores (${first?.model.trim().replaceAll(/\s+/g, " ") || "unknown"})`;
  return `a machine with ${count} and ${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`;
}

function versions(layers: readonly string[]): string {
  const find = (root: string, name: string) => {
    const status = readFileSync(join(root, "var/lib/dpkg/status"), "utf8").split("\n\n");
    const entry = status.find((one) => one.startsWith(`Package: ${name}\n`)) ?? "";
    return `${name} ${/^Version: (.*)$/m.exec(entry)?.[1] ?? "unknown"}`;
  };
  const here = ["ansible-core", "openssh-client"].map((name) => find("/", name));
  const there = ["puppet", "python3-minimal", "openssh-server"].map((name) => find(layers[0] ?? "", name));
  return `here Node ${process.versions.node}, ${here.join(", ")}; on the hosts ${there.join(", ")}`;
}

const conditions = `
## What to know about these numbers

- The host is a systemd container on the same machine: it shares the processors with the controller, and there is no network between them. With a
  delay, the number of round trips decides: a new connection costs about 15, and a run without changes one more, whatever the number of resources.
- \`ssh\` waits twice for a delayed acknowledgement (40 ms each), because it leaves Nagle's algorithm on until its session is up; provision switches
  it off from the first byte. The line "with Nagle's algorithm switched off" shows what remains of the difference.
- "In a controller that runs" is a Node process that is warm, as \`provision serve\` is; from the request to the plan, compiling the catalogue and the
  connection included. \`bin/provision plan\` is everything from the shell's fork to its end, with Node's compile cache filled by the run before; it
  also opens the site's records. \`ansible-playbook\` is its whole process too. The goals are counted for the former, since a controller
  that runs is how many hosts are worked on; the rows that begin with an ellipsis count the whole process, which loads its own program first.
- Ansible: one \`apt\` task for all packages, loops for the rest, no facts gathered, pipelining, a new connection for each run; the mitogen plugin isn't in
  Debian. Puppet: \`puppet apply\` on the host, manifest and templates already there, no \`facts\` but its own.
- The script only checks (sha256sum, stat, dpkg-query, grep: one process for each kind of question) and prints what differs. It has no diffs, no facts, no plan.
- SSH sessions are counted in the journal of the host's sshd, bytes by the interface's counter in the network namespace (both ways, TCP and IP headers included).
- The many hosts are real sshd's at addresses of their own, each in a chroot on an overlay of its own over the converged host's files, with its own
  process and mount namespace and without an init; they share one network namespace and this machine's processors, so the wall time is mostly theirs. Ten are
  worked on at a time, as \`provision plan\` does it.
- The memory for each host is the rise of the peak of the controller's resident size from ten hosts to all, divided by those beyond ten; the whole process
  is in the table.

Run it again: \`npm run bench:converge\` (root, Debian 12; installs \`ansible-core\` and what makes containers by apt and says so; Puppet and Python go
into the hosts' file system, which is made once; some minutes). \`npm run bench:converge -- --quick\` makes one round without Ansible and Puppet and writes nothing.
`;
