import { createHash } from "node:crypto";

/** A name as SQL has it between backquotes. */
export const quoteName = (name: string) => `\`${name.replaceAll("`", "``")}\``;

/** A text as SQL has it between quotes, for a server without NO_BACKSLASH_ESCAPES, as it comes. */
export const quoteText = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** `app@10.0.0.%` → the two parts of an account. */
export function splitAccount(account: string): { readonly name: string; readonly host: string } {
  const at = account.lastIndexOf("@");
  return { name: account.slice(0, at), host: account.slice(at + 1) };
}

export function quoteAccount(account: string): string {
  const { name, host } = splitAccount(account);
  return `${quoteText(name)}@${quoteText(host)}`;
}

/** What mysql_native_password keeps: `*` and SHA1(SHA1(password)) in capital hexadecimals. */
export function nativeHash(password: string): string {
  const once = createHash("sha1").update(password).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}

/** A digest that tells two hashes apart without telling either; the server computes the same of its own. */
export const digestOfHash = (account: string, hash: string) =>
  createHash("sha256").update(`${account} ${hash}`).digest("hex");

/** Object (`app.*`, `*.*`, `app.orders`) → privileges. */
export type Grants = ReadonlyMap<string, ReadonlySet<string>>;

const aliases: Readonly<Record<string, string>> = {
  ALL: "ALL PRIVILEGES",
  "REPLICATION CLIENT": "BINLOG MONITOR",
  "CREATE TABLES": "CREATE",
};

/** As the server prints a privilege. */
export const canonicalPrivilege = (privilege: string) => aliases[privilege] ?? privilege;

/** `*` → `*.*`, `app` → `app.*`; a table stays. */
export const objectOf = (key: string) => (key === "*" ? "*.*" : key.includes(".") ? key : `${key}.*`);

/** In a grant on a whole database `_` and `%` are wildcards, unless a backslash stands before them. */
export function quoteObject(object: string): string {
  if (object === "*.*") return object;
  const dot = object.indexOf(".");
  const [database, table] = [object.slice(0, dot), object.slice(dot + 1)];
  if (table !== "*") return `${quoteName(database)}.${quoteName(table)}`;
  return `${quoteName(database.replaceAll(/[_%]/g, "\\$&"))}.*`;
}

/** Lines of SHOW GRANTS as the host told them, `OBJECT|PRIVILEGES[|GRANT OPTION]` joined by `;`, as a map. */
export function parseGrants(told: string): Grants {
  const grants = new Map<string, ReadonlySet<string>>();
  for (const line of told.split(";").filter(Boolean)) {
    const [quoted = "", list = "", option] = line.split("|");
    const object = quoted.replaceAll("`", "").replaceAll(/\\([_%])/g, "$1");
    const privileges = list.split(", ").filter((privilege) => privilege !== "USAGE");
    const all = [...privileges, ...(option ? [option] : [])];
    if (all.length > 0) grants.set(object, new Set([...(grants.get(object) ?? []), ...all]));
  }
  return grants;
}

const none: ReadonlySet<string> = new Set();

/** What to revoke and what to grant, object by object; nothing when both are the same. */
export function compareGrants(actual: Grants, wanted: Grants): readonly GrantChange[] {
  return [...new Set([...actual.keys(), ...wanted.keys()])].flatMap((object) => {
    const [has, wants] = [actual.get(object) ?? none, wanted.get(object) ?? none];
    // ALL PRIVILEGES swallows the others: a part of them is given only after all are taken.
    const revoke = [...has].filter(
      (one) => !wants.has(one) && !(wants.has("ALL PRIVILEGES") && one !== "GRANT OPTION"),
    );
    const kept = revoke.includes("ALL PRIVILEGES") ? new Set<string>() : has;
    const grant = [...wants].filter((one) => !kept.has(one));
    return revoke.length + grant.length === 0 ? [] : [{ object, has: [...has], wants: [...wants], revoke, grant }];
  });
}

export interface GrantChange {
  readonly object: string;
  readonly has: readonly string[];
  readonly wants: readonly string[];
  readonly revoke: readonly string[];
  readonly grant: readonly string[];
}

/** The statements that make one change. */
export function grantSql(account: string, { object, revoke, grant }: GrantChange): string[] {
  const [on, who] = [quoteObject(object), quoteAccount(account)];
  const option = grant.includes("GRANT OPTION") ? " WITH GRANT OPTION" : "";
  const given = grant.filter((one) => one !== "GRANT OPTION");
  return [
    ...revoke.map((one) => `REVOKE ${one} ON ${on} FROM ${who};`),
    ...(grant.length > 0
      ? [`GRANT ${given.length > 0 ? given.join(", ") : "USAGE"} ON ${on} TO ${who}${option};`]
      : []),
  ];
}
