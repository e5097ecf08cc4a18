import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { programRoot } from "../templates.ts";
import { fail } from "./errors.ts";
import { newRoleFiles } from "./new-role-files.ts";

export interface NewRoleResult {
  readonly role: string;
  readonly folder: string;
  /** Below the folder. */
  readonly files: readonly string[];
  /** Was it added to this checkout's list, so that an inventory may ask for it? */
  readonly listed: boolean;
}

const ownRoles = join(programRoot, "roles");

/**
 * Writes a role that passes `provision test`, whole or not at all.
 * @throws `role-name-unfit`, `role-exists`, `role-not-writable`
 */
export function writeNewRole(name: string, parent = "roles"): NewRoleResult {
  const folder = resolve(parent, name);
  const variable = variableOf(name);
  const listed = dirname(folder) === ownRoles;
  const list = listed ? listWith(readFileSync(join(ownRoles, "list.ts"), "utf8"), { name, variable }) : undefined;
  if (existsSync(folder)) throw fail("role-exists", { folder: near(folder) });
  const files = newRoleFiles({ name, variable, engine: listed ? "../../src/converge" : "provision" });
  const draft = join(dirname(folder), `.${name}.${process.pid}`);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(draft, path)), { recursive: true });
      writeFileSync(join(draft, path), text);
    }
    renameSync(draft, folder);
    if (list !== undefined) addToList(list, folder);
  } catch (thrown) {
    rmSync(draft, { recursive: true, force: true });
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === undefined) throw thrown;
    throw fail("role-not-writable", { folder: near(folder), reason: message }, { cause: thrown });
  }
  return { role: name, folder: near(folder), files: Object.keys(files), listed };
}

/** Without the list's line the folder is half a role. */
function addToList(text: string, folder: string): void {
  const draft = join(ownRoles, `.list.ts.${process.pid}`);
  try {
    writeFileSync(draft, text);
    renameSync(draft, join(ownRoles, "list.ts"));
  } catch (thrown) {
    for (const path of [draft, folder]) rmSync(path, { recursive: true, force: true });
    throw thrown;
  }
}

const near = (folder: string) => {
  const path = relative(process.cwd(), folder);
  return path.startsWith("..") ? folder : path;
};

/** ECMA-262 §12.7.2, and what a module may not call its own. */
const reserved = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield roles file service parameters z arguments eval"
  ).split(" "),
);

function variableOf(name: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 32) {
    throw fail("role-name-unfit", { name, why: "it must be lower-case words with dashes between, 32 letters at most" });
  }
  const variable = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  if (reserved.has(variable))
    throw fail("role-name-unfit", { name, why: "the word has a meaning in TypeScript or in the role" });
  return variable;
}

const widest = 120;

/** The list of roles with one more: its import in the order of paths, its entry at the end. Pure. */
export function listWith(list: string, { name, variable }: { name: string; variable: string }): string {
  const line = `import { ${variable} } from "./${name}/role.ts";`;
  const lines = list.split("\n");
  const pathOf = (text: string) => /^import \{ \w+ \} from "(\.\/.*)";$/.exec(text)?.[1];
  const next = lines.findIndex((text) => (pathOf(text) ?? "") > `./${name}/role.ts`);
  const last = lines.findLastIndex((text) => text.startsWith("import "));
  const withImport = lines.toSpliced(next < 0 ? last + 1 : next, 0, line).join("\n");
  return withImport.replace(/= \[([^\]]*)\];/, (_, entries: string) => {
    const names = [...entries.split(",").map((entry) => entry.trim()), variable].filter(Boolean);
    const flat = `export const roles: readonly AnyRole[] = [${names.join(", ")}];`;
    return flat.length <= widest ? `= [${names.join(", ")}];` : `= [\n${names.map((one) => `  ${one},\n`).join("")}];`;
  });
}
