import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";

/** A host of paper: a tree that stands in for /sys, /dev, /proc and others, and programs that say what was recorded. */
export interface MadeHost {
  readonly root: string;
  /** Path → content; folders come by themselves. */
  file(path: string, content: string): void;
  /** As in sysfs: a link to another path of this tree. */
  link(path: string, to: string): void;
  /** A program on its PATH: a script of sh. */
  tool(name: string, script: string): void;
  read(path: string): string;
  has(path: string): boolean;
  /** What the script prints there, by line, and how it ended. */
  run(script: string, shell: readonly string[]): { readonly lines: readonly string[]; readonly exitCode: number };
}

/** Under which shells every script is tried. */
export const shells = [
  ["dash", ["dash"]],
  ["busybox", ["busybox", "sh"]],
] as const;

const ordinary =
  "sh cat sed awk grep tr tail head cut sort uniq readlink timeout date sleep printf basename dirname ls mv rm mkdir sync wc test [ dd".split(
    " ",
  );

export function makeHost(t: ExecutionContext): MadeHost {
  const root = mkdtempSync(join(tmpdir(), "provision-made-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const at = (path: string) => join(root, path);
  const file = (path: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content, { mode });
  };
  const link = (path: string, to: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    symlinkSync(to, at(path));
  };
  for (const name of ordinary)
    link(
      `/bin/${name}`,
      execFileSync("sh", ["-c", `command -v ${name}`])
        .toString()
        .trim(),
    );
  const here = (script: string) =>
    script
      .replaceAll("/usr/local/sbin:/usr/sbin:/sbin:", "")
      .replaceAll("[ -b ", "[ -e ")
      .replaceAll(/(?<![\w.])\/(sys|dev|proc|run|opt)\/(?!null|stdin|stdout)/g, `${root}/$1/`);
  return {
    root,
    file,
    link: (path, to) => link(path, at(to)),
    tool: (name, script) => file(`/bin/${name}`, `#!/bin/sh\n${here(script)}\n`, 0o755),
    read: (path) => readFileSync(at(path), "utf8"),
    has: (path) => existsSync(at(path)),
    run: (script, shell) => {
      const [program = "sh", ...rest] = shell;
      const found = execFileSync("sh", ["-c", `command -v ${program}`])
        .toString()
        .trim();
      try {
        const options = {
          input: here(script),
          env: { PATH: at("/bin"), LC_ALL: "C" },
          stdio: ["pipe", "pipe", "ignore"] as const,
        };
        const said = execFileSync(found, [...rest, "-s"], { ...options, stdio: [...options.stdio] });
        return { lines: linesOf(said.toString(), root), exitCode: 0 };
      } catch (error) {
        const { stdout, status } = error as { stdout: Buffer; status: number };
        return { lines: linesOf(stdout.toString(), root), exitCode: status };
      }
    },
  };
}

const linesOf = (text: string, root: string) =>
  text
    .replaceAll(root, "")
    .split("\n")
    .filter((line) => line !== "");
