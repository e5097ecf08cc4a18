import { Secret } from "../secret.ts";

/**
 * The age file format (age-encryption.org/v1) with X25519 keys, as the `age` program writes it. The library is loaded when
 * the first secret is met: most commands meet none.
 */
const library = () => import("age-encryption");

/** Both halves of a key: whoever has the identity opens what was sealed for the recipient. */
export interface AgeKey {
  readonly identity: Secret;
  /** `age1…` */
  readonly recipient: string;
}

export async function createAgeKey(): Promise<AgeKey> {
  const { generateX25519Identity } = await library();
  return ageKeyOf(new Secret(await generateX25519Identity())) as Promise<AgeKey>;
}

/** `undefined` for what is no X25519 identity (`AGE-SECRET-KEY-1…`). */
export async function ageKeyOf(identity: Secret): Promise<AgeKey | undefined> {
  const { identityToRecipient } = await library();
  try {
    return { identity, recipient: await identityToRecipient(identity.reveal()) };
  } catch {
    return undefined;
  }
}

/** Is it a recipient indeed, its checksum right? */
export async function isRecipient(text: string): Promise<boolean> {
  const { Encrypter } = await library();
  try {
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}

/** A binary age file that each of the recipients can open. Differs from call to call. */
export async function seal(secret: Secret, recipients: readonly string[]): Promise<Uint8Array> {
  const { Encrypter } = await library();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(secret.reveal());
}

export type Opened =
  | { readonly kind: "opened"; readonly secret: Secret }
  /** None of the identities is among those for whom it was sealed. */
  | { readonly kind: "not for us" }
  /** It was changed or cut after it was sealed, or isn't UTF-8. */
  | { readonly kind: "damaged" };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export async function open(ciphertext: Uint8Array, identities: readonly Secret[]): Promise<Opened> {
  const { Decrypter } = await library();
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity.reveal());
  try {
    return { kind: "opened", secret: new Secret(utf8.decode(await decrypter.decrypt(ciphertext))) };
  } catch (thrown) {
    return { kind: /no identity matched/.test(String(thrown)) ? "not for us" : "damaged" };
  }
}

/** 64 columns, as PEM and `age --armor` have it. */
const lineLength = 64;

/** The age file as text in lines: `age --decrypt` reads it, too. */
export function armored(file: Uint8Array): readonly string[] {
  const text = Buffer.from(file).toString("base64");
  const lines = text.match(new RegExp(`.{1,${lineLength}}`, "g")) ?? [];
  return ["-----BEGIN AGE ENCRYPTED FILE-----", ...lines, "-----END AGE ENCRYPTED FILE-----"];
}
