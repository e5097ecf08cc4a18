import { createHash } from "node:crypto";
import ssh2 from "ssh2";
import { Secret } from "../secret.ts";

export interface KeyPair {
  /** OpenSSH format, as `ssh -i` reads it. */
  readonly privateKey: Secret;
  /** One line as in authorized_keys: `ssh-ed25519 AAAA… comment`. */
  readonly publicKey: string;
}

/** A new Ed25519 key pair, made in this process. */
export function createKeyPair(comment = "provision"): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    // ssh2 1.17 now and then writes a key that it can't read itself; the reader is the judge.
    if (ssh2.utils.parseKey(pair.private) instanceof Error) continue;
    return { privateKey: new Secret(pair.private), publicKey: pair.public };
  }
}

/** The public half of a private key in OpenSSH format, one line as in authorized_keys; undefined if it can't be read. */
export function publicKeyOf(privateKey: Secret): string | undefined {
  const key = ssh2.utils.parseKey(privateKey.reveal());
  if (key instanceof Error) return undefined;
  return `${key.type} ${key.getPublicSSH().toString("base64")} ${key.comment}`.trim();
}

/** What people compare: `SHA256:…`, as `ssh-keygen -l` prints it, of a line as in known_hosts or authorized_keys. */
export function hostKeyName(line: string): string {
  const blob = line.trim().split(/\s+/)[1] ?? "";
  const digest = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}
