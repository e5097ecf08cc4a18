import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import test from "ava";
import { commands } from "../src/cli/commands/list.ts";
import type { ErrorTable } from "../src/errors.ts";

const root = join(import.meta.dirname, "..");
const markdown = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].concat(
  readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
);
const read = (path: string) => readFileSync(join(root, path), "utf8");

const errorFiles = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /^[a-z]+\/(?:.*\/)?(?:[a-z-]*-)?errors\.ts$/.test(name))
  .map((name) => join(root, "src", name));

test("every error code has a row in docs/errors.md, and every row is a code", async (t) => {
  const tables = await Promise.all(errorFiles.map(async (file) => (await import(file)) as { errors?: ErrorTable }));
  const codes = new Set(tables.flatMap((module) => Object.keys(module.errors ?? {})));
  t.true(codes.size > 30, `only ${codes.size} codes found`);
  const rows = new Set(
    [...read("docs/errors.md").matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1] as string),
  );
  t.deepEqual([...codes].filter((code) => !rows.has(code)).sort(), [], "codes without a row");
  t.deepEqual([...rows].filter((row) => !codes.has(row) && row !== "defect").sort(), [], "rows without a code");
});

test("links in the docs lead somewhere", (t) => {
  const dead = markdown.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map((match) => join(dirname(path), match[1] as string))
      .filter((target) => !existsSync(join(root, target)))
      .map((target) => `${path} → ${target}`),
  );
  t.deepEqual(dead, []);
});

/** Command lines in fenced or indented blocks and in `code`: `provision lab up`, with its options. */
function commandLines(text: string): string[] {
  const quoted = [...text.matchAll(/`((?:sudo )?(?:bin\/)?provision [^`]+)`/g)].map((match) => match[1] as string);
  const block = [...text.matchAll(/^ {4,}(?:\$ |# )?((?:sudo )?(?:bin\/)?provision [a-z].*)$/gm)].map(
    (match) => match[1] as string,
  );
  return [...quoted, ...block].map((line) =>
    line.replace(/^(?:sudo )?(?:bin\/)?provision /, "").replace(/\s+#.*$/, ""),
  );
}

test("every command in the docs exists, with its options", (t) => {
  const known = commands.map((command) => command.name);
  const lines = markdown.flatMap((path) => commandLines(read(path)).map((line) => ({ path, line })));
  t.true(lines.length > 20, `only ${lines.length} command lines found`);
  const wrong = lines.flatMap(({ path, line }) => {
    const command = commands.find(({ name }) => line === name || line.startsWith(`${name} `));
    const groups = line.split(" ")[0] as string;
    if (!command)
      return known.some((name) => name.startsWith(`${groups} `)) && /[|…]/.test(line) ? [] : [`${path}: ${line}`];
    const allowed = ["--inventory", "--json", "--no-color", "--debug", "--help"].concat(
      (command.options ?? []).map((option) => (option.flags.match(/--[a-z-]+/) ?? [""])[0]),
    );
    const unknown = [...line.matchAll(/(?:^|\s)(--[a-z-]+)/g)].map((match) => match[1] as string);
    return unknown.filter((flag) => !allowed.includes(flag)).map((flag) => `${path}: ${line}: ${flag}`);
  });
  t.deepEqual(wrong, []);
});

test("nothing in the repository's docs is empty", (t) => {
  t.deepEqual(
    markdown.filter((path) => read(path).trim().length < 100).map((path) => relative(root, path)),
    [],
  );
});
