import type { ProvisionError } from "../errors.ts";
import { open } from "../inventory/age.ts";
import { type InventoryFiles, openedFiles, readInventory, sealedSecrets } from "../inventory/files.ts";
import { checkInventory, type Loaded } from "../inventory/load.ts";
import type { SealedSecret } from "../inventory/sealed.ts";
import type { Secret } from "../secret.ts";
import { readIdentity } from "./age-identity.ts";
import { identityFile, sitePaths } from "./paths.ts";
import { knownRoles } from "./roles.ts";
import { fail } from "./secret-errors.ts";
import type { Surroundings } from "./surroundings.ts";

export type LoadedSite = Loaded;

type Around = Pick<Surroundings, "inventoryFolder" | "environment">;

/**
 * The inventory of a site, its roles' parameters checked with it. Encrypted values stay sealed, which is enough for what
 * only looks at the inventory; who needs them takes {@link openSite}.
 * @throws AggregateError with every problem found, each a ProvisionError with its place
 */
export const readSite = (folder: string): LoadedSite => checked(readInventory(folder));

/**
 * The same with every `!secret` opened by this controller's identity.
 * @throws AggregateError, also with `identity-missing`, `secret-not-for-us` and `secret-damaged`; `identity-exposed`,
 * `identity-invalid`, `identity-unreadable`
 */
export async function openSite(around: Around): Promise<LoadedSite> {
  const { site, unopened } = await tryOpenSite(around);
  if (unopened.length > 0) throw new AggregateError(unopened, "secrets of the inventory can't be opened");
  return site;
}

export interface OpenedSite {
  readonly site: LoadedSite;
  /** How many values are encrypted. */
  readonly secrets: number;
  /** Why some of them stayed sealed. */
  readonly unopened: readonly ProvisionError[];
}

/** The same as far as it goes: what can't be opened stays sealed. */
export async function tryOpenSite(around: Around): Promise<OpenedSite> {
  const files = readInventory(around.inventoryFolder);
  const sealed = sealedSecrets(files);
  const site = checked(files);
  if (sealed.length === 0) return { site, secrets: 0, unopened: [] };
  const paths = sitePaths(site.inventory.site.name, around.environment);
  const { opened, unopened } = await openAll(sealed, identityFile(paths, around.environment));
  return { site: checked(openedFiles(files, opened)), secrets: sealed.length, unopened };
}

function checked(files: InventoryFiles): LoadedSite {
  const result = checkInventory(files, { roles: knownRoles });
  if (result.kind === "invalid") throw new AggregateError(result.problems, "the inventory is invalid");
  return result;
}

interface Openings {
  readonly opened: ReadonlyMap<Secret, Secret>;
  readonly unopened: readonly ProvisionError[];
}

async function openAll(sealed: readonly SealedSecret[], file: string): Promise<Openings> {
  const keys = await readIdentity(file);
  if (!keys) {
    const place = (sealed[0] as SealedSecret).place;
    return { opened: new Map(), unopened: [fail("identity-missing", { file, count: sealed.length }, { place })] };
  }
  const identities = keys.map(({ identity }) => identity);
  const results = await Promise.all(sealed.map(async (one) => ({ one, said: await open(one.ciphertext, identities) })));
  const opened = new Map<Secret, Secret>();
  const unopened: ProvisionError[] = [];
  for (const { one, said } of results) {
    if (said.kind === "opened") opened.set(one, said.secret);
    else
      unopened.push(
        reasonOf(
          said.kind,
          one,
          keys.map(({ recipient }) => recipient),
        ),
      );
  }
  return { opened, unopened };
}

function reasonOf(kind: "not for us" | "damaged", { place }: SealedSecret, recipients: readonly string[]) {
  return kind === "damaged"
    ? fail("secret-damaged", {}, { place })
    : fail("secret-not-for-us", { recipients }, { place });
}
