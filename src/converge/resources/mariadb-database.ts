import { z } from "zod";
import { declare } from "../declare.ts";
import { mariadbShell } from "../mariadb-shell.ts";
import { quoteName } from "../mariadb-words.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

/** `utf8` is another set from server to server, so what is read would never be what was written. */
const charset = z
  .string()
  .regex(/^[a-z][a-z0-9]*$/, "must be a character set's name such as utf8mb4")
  .refine((name) => name !== "utf8", "say utf8mb4, or utf8mb3");

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be letters, digits, _ and -, at most 64")
      .describe("As SQL names it"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("`absent` drops it with all that it holds; what merely left the role is never dropped"),
    charset: charset.default("utf8mb4").describe("Default of its new tables; tables that are there keep theirs"),
    collation: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, "must be a collation's name such as utf8mb4_unicode_ci")
      .optional()
      .describe("Default of its new tables; none: the server's for the character set"),
  })
  .refine(({ name }) => !["mysql", "information_schema", "performance_schema", "sys"].includes(name.toLowerCase()), {
    message: "this database is the server's own",
    path: ["name"],
  });

type Database = z.output<typeof schema>;

const statement = `SELECT CONCAT('d:', SCHEMA_NAME), DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA;`;

/** One client asks for all. */
const read = (items: readonly Item<Database>[]) =>
  [
    `mariadb_ask <<'SQL'\n${statement}\nSQL`,
    ...items.map(({ id, desired: { name, ensure, charset, collation } }) =>
      call("mariadb_database_seen", id, name, ensure, charset, collation ?? ""),
    ),
  ].join("\n");

function diff({ desired }: Item<Database>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("absent")) return [{ property: "ensure", to: "present" }];
  return (["charset", "collation"] as const).flatMap((property) => {
    const from = seen.get(property);
    return from === undefined ? [] : [{ property, from, to: desired[property] ?? "" }];
  });
}

function steps({ desired: { name, ensure, charset, collation } }: Item<Database>): Step[] {
  const defaults = `CHARACTER SET ${charset}${collation ? ` COLLATE ${collation}` : ""}`;
  const sql =
    ensure === "absent"
      ? `DROP DATABASE IF EXISTS ${quoteName(name)};\n`
      : `CREATE DATABASE IF NOT EXISTS ${quoteName(name)} ${defaults};\nALTER DATABASE ${quoteName(name)} ${defaults};\n`;
  return [{ kind: "call", function: "mariadb_tell", words: [], payload: sql }];
}

const readShell = `${mariadbShell}
mariadb_database_seen() { # id name present|absent charset collation
  if ! mariadb_line "d:$2"; then [ "$3" = absent ] || seen "$1" absent yes; return 0; fi
  if [ "$3" = absent ]; then seen "$1" exists yes; return 0; fi
  m_charset=\${m_rest%%	*} m_collation=\${m_rest#*	}
  [ "$m_charset" = "$4" ] || seen "$1" charset "$m_charset"
  [ -z "$5" ] || [ "$m_collation" = "$5" ] || seen "$1" collation "$m_collation"
}
`;

export const mariadbDatabaseType = defineType({
  name: "mariadb_database",
  summary: "A database of the host's own MariaDB, with the character set that its new tables get.",
  example: 'mariadbDatabase("app", { charset: "utf8mb4", collation: "utf8mb4_unicode_ci" })',
  schema,
  titleKey: "name",
  shell: { read: readShell },
  read,
  diff,
  steps,
  autoRequire: () => ["package[mariadb-server]", "service[mariadb.service]", "service[mariadb]"],
  claims: ({ name }) => ({ whole: [`mariadb database:${name}`] }),
});

/** A database of the host's own MariaDB: `mariadbDatabase("app")`. */
export const mariadbDatabase = declare({ name: "mariadb_database", schema, titleKey: "name" });
