import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { routes } from "../src/api/routes.ts";
import { commands } from "../src/cli/commands/list.ts";
import { createProgram } from "../src/cli/main.ts";
import type { ErrorRow, ErrorTable } from "../src/errors.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const markdown = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...filesIn("docs", ".md"),
  ...filesIn("roles", ".md"),
];

/** Every file that makes errors, wherever it lies and whatever it is called: it calls `failer`. */
const errorFiles = filesIn("src", ".ts").filter(
  (path) => / = failer\(\w+\);/.test(read(path)) && path !== "src/errors.ts",
);
const tables = await Promise.all(
  errorFiles.map(async (path) => ({
    path,
    errors: ((await import(join(root, path))) as { errors?: ErrorTable }).errors,
  })),
);
const rowsOf = (text: string) => [...text.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1] as string);

test("every file that makes errors shows its table", (t) => {
  t.true(errorFiles.length >= 17, `only ${errorFiles.length} files found`);
  const nested = ["src/template.ts", "src/boot/errors.ts", "src/boot/image/errors.ts", "src/sim/rack/errors.ts"];
  t.deepEqual(
    nested.filter((path) => !errorFiles.includes(path)),
    [],
    "not found",
  );
  t.deepEqual(
    tables.filter(({ errors }) => !errors || Object.keys(errors).length === 0).map(({ path }) => path),
    [],
    "files that don't export `errors`",
  );
});

test("every error code has a row in docs/errors.md, and every row is a code", (t) => {
  const codes = tables.flatMap(({ errors }) => Object.keys(errors ?? {}));
  const rows = rowsOf(read("docs/errors.md"));
  t.true(codes.length > 100, `only ${codes.length} codes found`);
  t.deepEqual(codes.filter((code) => !rows.includes(code)).sort(), [], "codes without a row");
  t.deepEqual(rows.filter((row) => !codes.includes(row) && row !== "defect").sort(), [], "rows without a code");
  t.deepEqual(
    rows.filter((row, index) => rows.indexOf(row) !== index),
    [],
    "rows that stand twice",
  );
  t.deepEqual(
    codes.filter((code, index) => codes.indexOf(code) !== index),
    [],
    "codes of two rooms",
  );
  t.true(rows.includes("defect"));
});

test("every row of docs/errors.md has a meaning and a remedy", (t) => {
  const rows = read("docs/errors.md").match(/^\| `[a-z0-9-]+` \|.*$/gm) ?? [];
  t.deepEqual(
    rows.filter((row) => !/^\| `[a-z0-9-]+` \| .{10,} \| .{3,} \|$/.test(row)),
    [],
  );
});

test("docs/api.md's table is the list of routes", (t) => {
  const rows = [...read("docs/api.md").matchAll(/^\| `(GET|POST) (\S+)` \| (.*) \|$/gm)].map((row) => row.slice(1));
  t.deepEqual(
    rows,
    routes.map(({ method, path, summary }) => [method, path, summary]),
  );
});

test("links in the docs lead somewhere", (t) => {
  const links = markdown.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map((match) => [path, match[1] as string] as const),
  );
  t.true(links.length > 8, `only ${links.length} links found`);
  const dead = links.filter(([path, target]) => !existsSync(join(root, dirname(path), target)));
  t.deepEqual(dead, []);
});

/** `sudo bin/provision lab up`: what stands behind the program's name. */
const program = /(?:sudo )?(?:[\w/.]*bin\/)?provision ((?:--inventory \S+ )?(?:--)?[a-z].*)/;
const behindProgram = (line: string) => new RegExp(`^(?:\\$ |# |ExecStart=)?${program.source}$`).exec(line.trim())?.[1];

/** Command lines in fenced or indented blocks and in `code`, as words behind `provision`. */
function commandLines(text: string): string[] {
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => behindProgram(match[1] as string));
  const fenced = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].flatMap((match) => (match[1] as string).split("\n"));
  const indented = text.match(/^ {4,}\S.*$/gm) ?? [];
  const blocks = [...fenced, ...indented].map(behindProgram).filter((line) => !line?.includes(": "));
  return [...quoted, ...blocks].filter((line) => line !== undefined).map((line) => line.replace(/\s+#.*$/, ""));
}

/** Whatever the command line's own parser says against it. */
async function complaint(line: string): Promise<string | undefined> {
  try {
    const parser = createProgram(commands, async () => {}).configureOutput({ writeOut: () => {}, writeErr: () => {} });
    await parser.parseAsync(line.split(/\s+/), { from: "user" });
    return undefined;
  } catch (thrown) {
    return (thrown as { exitCode?: number }).exitCode === 0 ? undefined : (thrown as Error).message;
  }
}

async function complaints(lines: readonly { path: string; line: string }[]): Promise<string[]> {
  const said = await Promise.all(lines.map(async ({ path, line }) => ({ path, line, wrong: await complaint(line) })));
  return said.filter(({ wrong }) => wrong).map(({ path, line, wrong }) => `${path}: provision ${line}: ${wrong}`);
}

const shown = markdown.flatMap((path) => commandLines(read(path)).map((line) => ({ path, line })));

test("every command in the docs exists, with its arguments and options", async (t) => {
  t.true(shown.length > 40, `only ${shown.length} command lines found`);
  const isOnlyNamed = (line: string) => commands.some(({ name }) => name === line);
  t.deepEqual(await complaints(shown.filter(({ line }) => !isOnlyNamed(line))), []);
});

/** Details of every shape that a wording may ask for. */
const anyDetails = (value: unknown) => new Proxy({}, { get: () => value });

function hintOf({ hint }: ErrorRow): string {
  try {
    return hint(anyDetails("NAME"));
  } catch {
    return hint(anyDetails(["NAME"]));
  }
}

test("every command that a hint names exists, with its arguments and options", async (t) => {
  const lines = tables.flatMap(({ path, errors }) =>
    Object.entries(errors ?? {}).flatMap(([code, row]) =>
      [...hintOf(row).matchAll(/(?:: |; |`)(?:sudo )?provision ((?:[A-Za-z0-9-]+ ?)+)/g)].map((match) => ({
        path: `${path} ${code}`,
        line: (match[1] as string).trim(),
      })),
    ),
  );
  t.true(lines.length > 30, `only ${lines.length} commands found`);
  t.deepEqual(await complaints(lines), []);
});

/** Those of the docs' command lines that only read files. */
const harmless = /^(?:inventory check|inventory show|explain \w+|render|status|history|lab status)\b/;

interface Ended {
  readonly code: number | string;
  readonly output: string;
}

function provision(line: string, folder: string): Promise<Ended> {
  const places = { PROVISION_STATE_DIR: folder, PROVISION_CACHE_DIR: folder, PROVISION_RUN_DIR: folder };
  const argv = [join(root, "bin/start.ts"), ...line.split(/\s+/)];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { env: { ...process.env, ...places }, cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

test("the docs' commands that only look end well; what needs an image says so", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const lines = [...new Set(shown.map(({ line }) => line))].filter(
    (line) => harmless.test(line) && !/[A-Z]/.test(line),
  );
  t.true(lines.length >= 5, `only ${lines.join(", ")}`);
  for (const line of new Set([...lines, "render web01 --as preseed", "inventory show web01"])) {
    const { code, output } = await provision(line, folder);
    const needsImage = line.startsWith("render") && output.startsWith("error[image-missing]");
    t.is(code, needsImage ? 2 : 0, `provision ${line}: ${output}`);
  }
});

test("nothing in the repository's docs is empty", (t) => {
  t.deepEqual(
    markdown.filter((path) => read(path).trim().length < 100),
    [],
  );
});
