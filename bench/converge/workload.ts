import { type BenchTemplate, renderPlain, templates } from "./templates.ts";

/** What every engine is asked for, described once; the peers' files and the judge's expectations come from it. */
export interface Workload {
  readonly files: readonly WorkFile[];
  readonly directories: readonly WorkDirectory[];
  readonly packages: readonly string[];
  readonly users: readonly string[];
  readonly lines: readonly string[];
}

export interface WorkFile {
  readonly path: string;
  readonly mode: string;
  readonly template: BenchTemplate["name"];
  readonly label: string;
  readonly port: number;
  readonly workers: number;
  readonly peers: readonly string[];
}

export interface WorkDirectory {
  readonly path: string;
  readonly mode: string;
}

export const linesFile = "/etc/bench-lines.conf";
export const userShell = "/bin/sh";

/** Small packages that the bare host lacks; they lie with their dependencies in an archive on the host itself. */
export const newPackages = ["bc", "dc", "tree", "time", "unzip", "zip", "psmisc", "pv", "lsof", "file"] as const;

/**
 * 60 % templated files, 20 % directories, 10 % packages, 5 % users, 5 % lines. Beyond the first ten, packages are such
 * as the host has (`present`).
 */
export function workload(size: number, present: readonly string[] = []): Workload {
  const count = (share: number) => Array.from({ length: Math.round(size * share) }, (_, index) => index);
  const directories = count(0.2).map((index) => ({
    path: `/srv/bench/d${two(index)}`,
    mode: index % 2 ? "0755" : "0750",
  }));
  return {
    directories: [...directories],
    files: count(0.6).map((index) => workFile(index, directories)),
    packages: [...newPackages, ...present].slice(0, Math.round(size * 0.1)),
    users: count(0.05).map((index) => `bench${two(index)}`),
    lines: count(0.05).map((index) => `setting_${two(index)} = ${index * 7}`),
  };
}

export const sizeOf = (work: Workload) =>
  work.files.length + work.directories.length + work.packages.length + work.users.length + work.lines.length;

export const contentOf = (file: WorkFile) => renderPlain(templateOf(file), { ...file });

export function templateOf({ template }: Pick<WorkFile, "template">): BenchTemplate {
  const found = templates.find(({ name }) => name === template);
  if (!found) throw new Error(`no template ${template}`);
  return found;
}

const two = (index: number) => String(index).padStart(2, "0");

function workFile(index: number, directories: readonly WorkDirectory[]): WorkFile {
  const directory = directories[index % 20]?.path ?? "/srv/bench";
  return {
    path: `${directory}/service-${two(index)}.conf`,
    mode: index % 3 ? "0644" : "0640",
    template: templates[index % templates.length]?.name ?? "pool",
    label: `service-${two(index)}`,
    port: 8000 + index,
    workers: 1 + (index % 8),
    peers: Array.from({ length: 4 }, (_, peer) => `10.0.${index % 250}.${peer + 1}:${8000 + index}`),
  };
}
