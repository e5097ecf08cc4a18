import { CORE_SCHEMA, defineScalarTag } from "js-yaml";
import type { Place } from "../errors.ts";
import { Secret } from "../secret.ts";
import { fail } from "./errors.ts";
import type { Path } from "./places.ts";

/** A `!secret` as it stands in a file: nobody has opened it yet, and asking for its text is an error with its place. */
export class SealedSecret extends Secret {
  /** A binary age file (age-encryption.org/v1); empty if what is written there is none. */
  readonly ciphertext: Uint8Array;
  readonly place: Place;

  constructor(ciphertext: Uint8Array, place: Place) {
    super("");
    this.ciphertext = ciphertext;
    this.place = place;
  }

  override reveal(): string {
    throw fail("secret-sealed", {}, { place: this.place });
  }
}

/** What the parser makes of `!secret …`, before it is known where that was. */
class SecretScalar {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** YAML 1.2's core schema and `!secret`. */
export const yamlSchema = CORE_SCHEMA.withTags(
  defineScalarTag("!secret", { resolve: (text) => new SecretScalar(text), identify: () => false }),
);

const armor = /^-----BEGIN AGE ENCRYPTED FILE-----([\s\S]*)-----END AGE ENCRYPTED FILE-----$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** age-encryption.org/v1: the version line, stanzas, the header's MAC; then a nonce of 16 bytes and a tag of 16. */
const ageFile = /^age-encryption\.org\/v1\n-> [\s\S]*?\n--- [A-Za-z0-9+/]{43}\n[\s\S]{32,}$/;

/** The age file of a `!secret`: armored, or its base64 alone, however it is broken into lines. */
export function ageFileIn(text: string): Uint8Array | undefined {
  const inner = armor.exec(text.trim())?.[1] ?? text;
  const compact = inner.replaceAll(/\s/g, "");
  if (!base64.test(compact)) return undefined;
  const bytes = Buffer.from(compact, "base64");
  return ageFile.test(bytes.toString("latin1")) ? bytes : undefined;
}

export interface Settled {
  readonly value: unknown;
  /** `!secret`s that hold no age file. */
  readonly malformed: readonly Path[];
  /** An anchor that holds itself: no inventory needs it, and whoever walks the data would never come back. */
  readonly circular: Path | undefined;
}

/** Puts a {@link SealedSecret} where a `!secret` was parsed. */
export function settleSecrets(value: unknown, placeOf: (path: Path) => Place): Settled {
  const malformed: Path[] = [];
  let circular: Path | undefined;
  const settle = (at: unknown, path: Path, above: readonly object[]): unknown => {
    if (at instanceof SecretScalar) {
      const bytes = ageFileIn(at.text);
      if (!bytes) malformed.push(path);
      return new SealedSecret(bytes ?? new Uint8Array(), placeOf(path));
    }
    if (typeof at !== "object" || at === null) return at;
    if (above.includes(at)) {
      circular ??= path;
      return null;
    }
    return mapEntries(at, path, (inner, where) => settle(inner, where, [...above, at]));
  };
  return { value: settle(value, [], []), malformed, circular };
}

function mapEntries(at: object, path: Path, map: (value: unknown, path: Path) => unknown): unknown {
  if (Array.isArray(at)) return at.map((item, index) => map(item, [...path, index]));
  return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, map(item, [...path, key])]));
}

export interface SecretAt {
  readonly path: Path;
  readonly secret: Secret;
}

/** Every secret in a value, and where in it. */
export function secretsIn(value: unknown, path: Path = []): readonly SecretAt[] {
  if (value instanceof Secret) return [{ path, secret: value }];
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  return [...entries].flatMap(([key, item]) => secretsIn(item, [...path, key]));
}

export const sealedIn = (value: unknown): readonly SealedSecret[] =>
  secretsIn(value).flatMap(({ secret }) => (secret instanceof SealedSecret ? [secret] : []));

/** The value with those secrets that were opened in place of the sealed ones. */
export function withOpened(value: unknown, opened: ReadonlyMap<Secret, Secret>): unknown {
  if (value instanceof Secret) return opened.get(value) ?? value;
  if (typeof value !== "object" || value === null) return value;
  return mapEntries(value, [], (inner) => withOpened(inner, opened));
}
