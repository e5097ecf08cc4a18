import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { contentOf, linesFile, userShell, type Workload } from "./workload.ts";

export const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");

/** What of the workload a host's root file system lacks, looked up from outside, with none of the engines. */
export function problemsOf(root: string, work: Workload): readonly string[] {
  const passwd = readFileSync(join(root, "etc/passwd"), "utf8").split("\n");
  const lines = readFileSync(join(root, linesFile), "utf8").split("\n");
  const installed = installedPackages(root);
  const isUser = (name: string) => passwd.some((line) => line.startsWith(`${name}:`) && line.endsWith(`:${userShell}`));
  return [
    ...work.files.flatMap((file) => wrongFile(root, file.path, { mode: file.mode, digest: sha256(contentOf(file)) })),
    ...work.directories.flatMap(({ path, mode }) => wrongFile(root, path, { mode })),
    ...work.packages.filter((name) => !installed.has(name)).map((name) => `package ${name} is missing`),
    ...work.users.filter((name) => !isUser(name)).map((name) => `user ${name} is missing`),
    ...work.lines.filter((line) => !lines.includes(line)).map((line) => `line ${line} is missing`),
  ];
}

/** By dpkg's own record. */
export function installedPackages(root: string): ReadonlySet<string> {
  const status = readFileSync(join(root, "var/lib/dpkg/status"), "utf8").split("\n\n");
  const installed = status.filter((entry) => /^Status: install ok installed$/m.test(entry));
  return new Set(installed.flatMap((entry) => /^Package: (.*)$/m.exec(entry)?.[1] ?? []));
}

function wrongFile(root: string, path: string, { mode, digest }: { mode: string; digest?: string }): string[] {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stat) return [`${path} is missing`];
  const found = (stat.mode & 0o7777).toString(8).padStart(4, "0");
  if (found !== mode) return [`${path} has mode ${found}, not ${mode}`];
  if (stat.uid !== 0 || stat.gid !== 0) return [`${path} belongs to ${stat.uid}:${stat.gid}`];
  if (digest === undefined) return stat.isDirectory() ? [] : [`${path} is no directory`];
  return sha256(readFileSync(join(root, path))) === digest ? [] : [`${path} has other content`];
}
