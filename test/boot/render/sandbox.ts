import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";

export interface FakeDisk {
  readonly name: string;
  readonly sectors?: number;
  /** What udev says of it: `{ ID_SERIAL_SHORT: "WD-1" }`. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface Sandbox {
  readonly root: string;
  /** Runs a script in which paths below / that the installers use are ours. */
  run(script: string): { status: number | null; output: string };
  /** What was posted: `failed` → body, in order. */
  posts(): { to: string; body: string }[];
  read(path: string): string;
  exists(path: string): boolean;
}

/** Programs of the installers, as far as the scripts notice. What curl and wget are told to post is written down. */
const programs: Readonly<Record<string, string>> = {
  udevadm: `for last in "$@"; do case $last in --name=*) cat "$ROOT/udev/\${last##*/}" 2>/dev/null;; esac; done`,
  curl: `url=; config=; for last in "$@"; do case $last in http*) url=$last;; */provision-first-boot) config=$last;; esac; done
    [ -z "$config" ] || url=$(sed -n 's/^url = "\\(.*\\)"$/\\1/p' "$config"); printf '%s\\0%s\\0' "\${url##*/}" "$(cat)" >> "$ROOT/posts"; [ ! -e "$ROOT/offline" ]`,
  wget: `body=; for last in "$@"; do case $last in --post-data=*) body=\${last#--post-data=};; esac; done; printf '%s\\0%s\\0' "\${last##*/}" "$body" >> "$ROOT/posts"`,
  "debconf-set": `echo "$1=$2" >> "$ROOT/debconf"`,
  "debconf-get": `sed -n "s#^$1=##p" "$ROOT/debconf"`,
  "in-target": `printf '%s|' "$@" >> "$ROOT/in-target"; echo >> "$ROOT/in-target"`,
  chroot: `shift; { printf '%s|' "$@"; cat; } >> "$ROOT/in-target"`,
  systemctl: `printf '%s|' "$@" >> "$ROOT/systemctl"`,
  restorecon: `:`,
  sleep: `[ "$1" != 3600 ] || kill -9 "$PPID"`,
};

/** Makes a folder in which the installers' scripts can run as they are, but for their absolute paths. */
export function sandbox(t: ExecutionContext, disks: readonly FakeDisk[] = []): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "render-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const folder of ["bin", "udev", "block", "target", "tmp"]) mkdirSync(join(root, folder));
  for (const [name, body] of Object.entries(programs))
    writeFileSync(join(root, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  for (const { name, sectors = 1_000_000_000, properties } of disks) {
    mkdirSync(join(root, "block", name));
    writeFileSync(join(root, "block", name, "size"), `${sectors}\n`);
    writeFileSync(
      join(root, "udev", name),
      Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
    );
  }
  return {
    root,
    run: runner(root),
    posts: () => postsIn(join(root, "posts")),
    read: (path) => readFileSync(join(root, path), "utf8"),
    exists: (path) => existsSync(join(root, path)),
  };
}

const runner = (root: string) => (script: string) => {
  const moved = script
    .replaceAll("/sys/block", `${root}/block`)
    .replaceAll("/target", `${root}/target`)
    .replaceAll("/tmp/provision", `${root}/tmp/provision`)
    .replaceAll("/dev/console", `${root}/console`);
  const env = { PATH: `${root}/bin:/usr/bin:/bin`, ROOT: root };
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", moved], { env, encoding: "utf8", timeout: 10_000 });
  return { status, output: stdout + stderr };
};

function postsIn(file: string) {
  if (!existsSync(file)) return [];
  const parts = readFileSync(file, "utf8").split("\0");
  return parts.flatMap((to, index) =>
    index % 2 === 0 && to ? [{ to, body: (parts[index + 1] ?? "").trimEnd() }] : [],
  );
}
