import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Place, ProvisionError } from "../errors.ts";
import { type AgeKey, isRecipient, open, seal } from "../inventory/age.ts";
import { allFiles, type InventoryFile, readInventory } from "../inventory/files.ts";
import { placeAt } from "../inventory/places.ts";
import { rewriteSecrets, type SecretScalar, secretScalars } from "../inventory/rewrite.ts";
import type { Secret } from "../secret.ts";
import { makeIdentity, readIdentity } from "./age-identity.ts";
import { identityFile, sitePaths } from "./paths.ts";
import { fail } from "./secret-errors.ts";
import { type LoadedSite, readSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

type Around = Pick<Surroundings, "inventoryFolder" | "environment">;

export interface InitializedSecrets {
  readonly file: string;
  /** False: it was there already. */
  readonly made: boolean;
  readonly recipients: readonly string[];
  /** Those of them that site.yaml doesn't name yet. */
  readonly missing: readonly string[];
  /** Does site.yaml name anybody? */
  readonly hasRecipients: boolean;
}

/** This controller's age identity, made if it isn't there. Throws what `readIdentity` and `makeIdentity` throw. */
export async function initSecrets(around: Around): Promise<InitializedSecrets> {
  const site = readSite(around.inventoryFolder);
  const file = fileOf(site, around);
  const present = await readIdentity(file);
  if (!present) await makeIdentity(file);
  const recipients = (present ?? (await readIdentity(file)) ?? []).map(({ recipient }) => recipient);
  const named = site.inventory.site.secrets?.recipients ?? [];
  const missing = recipients.filter((recipient) => !named.includes(recipient));
  return { file, made: !present, recipients, missing, hasRecipients: named.length > 0 };
}

const fileOf = ({ inventory }: LoadedSite, { environment }: Around) =>
  identityFile(sitePaths(inventory.site.name, environment), environment);

/**
 * A secret as a value for the inventory: the text behind `!secret `. Nobody is asked before it is known for whom.
 * @throws `recipients-missing`, `recipient-invalid`, `secret-empty`
 */
export async function encryptSecret(around: Around, ask: () => Promise<Secret | undefined>): Promise<string> {
  const recipients = await recipientsOf(readSite(around.inventoryFolder));
  const secret = await ask();
  if (secret === undefined || secret.reveal() === "") throw fail("secret-empty", {});
  return Buffer.from(await seal(secret, recipients)).toString("base64");
}

async function recipientsOf({ inventory, places }: LoadedSite): Promise<readonly string[]> {
  const recipients = inventory.site.secrets?.recipients;
  if (!recipients) throw fail("recipients-missing", {}, { place: { file: places.site([]).file } });
  for (const [index, recipient] of recipients.entries()) {
    const place = places.site(["secrets", "recipients", index]);
    if (!(await isRecipient(recipient))) throw fail("recipient-invalid", { recipient }, { place });
  }
  return recipients;
}

export interface Rekeyed {
  readonly recipients: readonly string[];
  /** Files that were written, each with the number of its secrets. */
  readonly files: readonly { readonly file: string; readonly secrets: number }[];
}

/**
 * Encrypts every `!secret` of the inventory anew, for those whom site.yaml names now. All are opened before a file is
 * written; of a file nothing else changes, not a byte.
 * @throws what {@link recipientsOf} throws; `identity-missing`, `recipients-without-us`; AggregateError with each secret
 * that can't be opened
 */
export async function rekeySecrets(around: Around): Promise<Rekeyed> {
  const site = readSite(around.inventoryFolder);
  const recipients = await recipientsOf(site);
  const files = allFiles(readInventory(around.inventoryFolder)).flatMap((file) => {
    const scalars = secretScalars(file.document.file, file.text);
    return scalars.length > 0 ? [{ file, scalars }] : [];
  });
  const keys = await ownKeys(fileOf(site, around), { site, recipients, files });
  const opened = await openAll(files, keys);
  const written = [];
  for (const { file, scalars } of files) {
    const news = new Map<SecretScalar, Uint8Array>();
    for (const scalar of scalars) news.set(scalar, await seal(opened.get(scalar) as Secret, recipients));
    replaceFile(file.document.file, rewriteSecrets(file.text, news));
    written.push({ file: file.document.file, secrets: scalars.length });
  }
  return { recipients, files: written };
}

interface FileSecrets {
  readonly file: InventoryFile;
  readonly scalars: readonly SecretScalar[];
}

interface Rekeying {
  readonly site: LoadedSite;
  readonly recipients: readonly string[];
  readonly files: readonly FileSecrets[];
}

/** Those who rekey go on being able to open: a run that is broken off must be able to be done again. */
async function ownKeys(file: string, { site, recipients, files }: Rekeying): Promise<readonly AgeKey[]> {
  const keys = await readIdentity(file);
  const count = files.reduce((sum, { scalars }) => sum + scalars.length, 0);
  if (!keys) throw fail("identity-missing", { file, count });
  if (keys.some(({ recipient }) => recipients.includes(recipient))) return keys;
  const place = site.places.site(["secrets", "recipients"]);
  throw fail("recipients-without-us", { recipient: keys[0]?.recipient ?? "" }, { place });
}

async function openAll(
  files: readonly FileSecrets[],
  keys: readonly AgeKey[],
): Promise<ReadonlyMap<SecretScalar, Secret>> {
  const identities = keys.map(({ identity }) => identity);
  const opened = new Map<SecretScalar, Secret>();
  const problems: ProvisionError[] = [];
  for (const { file, scalars } of files) {
    for (const scalar of scalars) {
      const said = await open(scalar.ciphertext, identities);
      const place: Place = placeAt(file.document.file, file.text, scalar.start);
      if (said.kind === "opened") opened.set(scalar, said.secret);
      else if (said.kind === "damaged") problems.push(fail("secret-damaged", {}, { place }));
      else problems.push(fail("secret-not-for-us", { recipients: keys.map(({ recipient }) => recipient) }, { place }));
    }
  }
  if (problems.length > 0) throw new AggregateError(problems, "secrets of the inventory can't be opened");
  return opened;
}

/** Whole or not at all; the file keeps its mode. */
function replaceFile(file: string, text: string): void {
  const draft = `${file}.${process.pid}~`;
  try {
    writeFileSync(draft, text, { mode: statSync(file).mode & 0o777 });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
