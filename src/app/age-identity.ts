import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type AgeKey, ageKeyOf, createAgeKey } from "../inventory/age.ts";
import { Secret } from "../secret.ts";
import { fail } from "./secret-errors.ts";

/**
 * The keys in an identity file (age-keygen(1)): one or more lines `AGE-SECRET-KEY-1…`, others are comments. `undefined`:
 * there is no such file.
 * @throws `identity-exposed`, `identity-invalid`, `identity-unreadable`
 */
export async function readIdentity(file: string): Promise<readonly AgeKey[] | undefined> {
  const text = readPrivate(file);
  if (text === undefined) return undefined;
  const lines = text.split("\n").map((line) => line.trim());
  const wanted = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const keys = await Promise.all(wanted.map((line) => ageKeyOf(new Secret(line))));
  if (keys.length === 0 || keys.includes(undefined)) throw fail("identity-invalid", { file });
  return keys as AgeKey[];
}

/** Only its owner may read it, and then it is secret. */
function readPrivate(file: string): string | undefined {
  try {
    const mode = statSync(file).mode & 0o777;
    if (mode & 0o077) throw fail("identity-exposed", { file, mode: `0${mode.toString(8)}` });
    return readFileSync(file, "utf8");
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw thrown;
    throw fail("identity-unreadable", { file, reason: code }, { cause: thrown });
  }
}

/**
 * Makes an identity under a name that is free: whole, mode 0600, and if another process was faster its one stays.
 * @throws `identity-unreadable`
 */
export async function makeIdentity(file: string): Promise<void> {
  const { identity, recipient } = await createAgeKey();
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `# public key: ${recipient}\n${identity.reveal()}\n`, { mode: 0o600 });
    linkSync(draft, file);
  } catch (thrown) {
    const { code = "" } = thrown as NodeJS.ErrnoException;
    if (code !== "EEXIST")
      throw fail("identity-unreadable", { file, reason: code || String(thrown) }, { cause: thrown });
  } finally {
    rmSync(draft, { force: true });
  }
}
