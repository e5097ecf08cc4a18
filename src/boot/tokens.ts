import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Secret } from "../secret.ts";

const tokenBytes = 20;

/** 160 random bits; as text 40 hex digits, so that it passes unquoted through URLs, iPXE and kernel command lines. */
export function createToken(clock: Clock): Secret {
  return new Secret(Buffer.from(clock.randomBytes(tokenBytes)).toString("hex"));
}

/** What is stored in the token's place. A random token needs no salt and no slow hash. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Could this piece of a path be a token at all? */
export function isToken(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
