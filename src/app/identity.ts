import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Secret } from "../secret.ts";
import { createKeyPair, type KeyPair, publicKeyOf } from "../transport/keys.ts";
import { fail } from "./errors.ts";
import type { Paths } from "./paths.ts";

/**
 * The controller's own SSH key, with which it logs in to nodes; made at the first call, once even if two processes make it.
 * The private half is the truth; the public one is derived from it, and its file is for people (ssh-keygen(1)'s names and modes).
 * @throws `state-not-writable`, `controller-key-damaged`
 */
export function controllerKey(paths: Paths): KeyPair {
  try {
    return readOrMakeKey(paths);
  } catch (thrown) {
    const { code = "", message } = thrown as NodeJS.ErrnoException;
    if (!refusals.includes(code)) throw thrown;
    throw fail("state-not-writable", { folder: paths.state, reason: message }, { cause: thrown });
  }
}

/** What a file system says to who may not (errno(3)). */
const refusals = ["EACCES", "EPERM", "EROFS"];

function readOrMakeKey(paths: Paths): KeyPair {
  const file = `${paths.state}/id_ed25519`;
  if (!existsSync(file)) makeKey(paths.state, file);
  const privateKey = new Secret(readFileSync(file, "utf8"));
  const publicKey = publicKeyOf(privateKey);
  if (publicKey === undefined) throw fail("controller-key-damaged", { file });
  if (!existsSync(`${file}.pub`)) writeFileSync(`${file}.pub`, `${publicKey}\n`, { mode: 0o644 });
  return { privateKey, publicKey };
}

/** Whole, and under its name only if no other process was faster: link(2) never replaces. */
function makeKey(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, createKeyPair("provision").privateKey.reveal(), { mode: 0o600 });
  rmSync(`${file}.pub`, { force: true });
  try {
    linkSync(draft, file);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
}
