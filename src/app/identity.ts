import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Secret } from "../secret.ts";
import { createKeyPair, type KeyPair } from "../transport/keys.ts";
import { fail } from "./errors.ts";
import type { Paths } from "./paths.ts";

/**
 * The controller's own SSH key, with which it logs in to nodes; made at the first call. Both halves are files in the state
 * directory (ssh-keygen(1)'s names and modes), the private one last, so that a half-made pair is made anew.
 * @throws `state-not-writable`
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
  if (existsSync(file)) {
    return {
      privateKey: new Secret(readFileSync(file, "utf8")),
      publicKey: readFileSync(`${file}.pub`, "utf8").trim(),
    };
  }
  mkdirSync(paths.state, { recursive: true, mode: 0o700 });
  chmodSync(paths.state, 0o700);
  const pair = createKeyPair("provision");
  writeFileSync(`${file}.pub`, `${pair.publicKey}\n`, { mode: 0o644 });
  writeFileSync(`${file}.new`, pair.privateKey.reveal(), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return pair;
}
