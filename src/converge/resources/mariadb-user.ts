import { z } from "zod";
import { Secret } from "../../secret.ts";
import { declare } from "../declare.ts";
import { mariadbShell } from "../mariadb-shell.ts";
import {
  canonicalPrivilege,
  compareGrants,
  digestOfHash,
  type Grants,
  grantSql,
  nativeHash,
  objectOf,
  parseGrants,
  quoteAccount,
  quoteText,
} from "../mariadb-words.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const schema = z
  .strictObject({
    account: z
      .string()
      .regex(
        /^[A-Za-z0-9_.-]{1,80}@[A-Za-z0-9_.:%/-]{1,255}$/,
        'must be "name@host", such as "app@localhost" or "app@10.0.0.%"',
      )
      .describe("Name and the hosts it may come from: `app@localhost`, `app@10.0.0.%`"),
    ensure: z.enum(["present", "absent"]).default("present").describe("`absent`: dropped with its rights"),
    password: z
      .instanceof(Secret, { message: "must be a secret" })
      .optional()
      .describe(
        "A secret; it is compared and set by its hash and never reaches the server. None: by unix_socket, as the Unix account of the same name",
      ),
    grants: z
      .record(
        z.string().regex(/^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?)$/, 'must be a database, "database.table" or "*"'),
        z.array(z.string().regex(/^[A-Z]+( [A-Z]+)*$/, "must be a privilege in capitals")).min(1),
      )
      .default({})
      .describe('Rights by database (`*`: all of them): `{ app: ["SELECT", "INSERT"] }`; what isn\'t named is revoked'),
  })
  .refine(({ ensure, password, grants }) => ensure === "present" || (!password && Object.keys(grants).length === 0), {
    message: "an absent account has neither password nor grants",
  })
  .refine(({ account }) => !/^(root|mysql|mariadb\.sys)@localhost$/.test(account), {
    message: "this account is the server's own, and provision's way in",
    path: ["account"],
  });

type User = z.output<typeof schema>;

const wantedOf = ({ grants }: User): Grants =>
  new Map(Object.entries(grants).map(([key, list]) => [objectOf(key), new Set(list.map(canonicalPrivilege))]));

const credentialOf = ({ account, password }: User) =>
  password ? digestOfHash(account, nativeHash(password.reveal())) : "unix_socket";

/** The grants as the host tells them, if the server lists them in the order of the role. */
const expected = (user: User) =>
  [...wantedOf(user)]
    .map(([object, privileges]) => {
      const named = object.replace(/^([^*.]+)/, (name) => name.replaceAll("_", "\\_"));
      const list = [...privileges].filter((one) => one !== "GRANT OPTION").join(", ");
      return `${named}|${list}${privileges.has("GRANT OPTION") ? "|GRANT OPTION" : ""};`;
    })
    .join("");

/** One client asks for all; hashes are digested by the server and don't leave it. */
function read(items: readonly Item<User>[]): string {
  const accounts = items.map(({ desired }) => quoteText(desired.account)).join(", ");
  const hash = "CONCAT(User, '@', Host, ' ', authentication_string)";
  const credentials = `SELECT CONCAT('u:', User, '@', Host), IF(plugin = 'mysql_native_password', SHA2(${hash}, 256), plugin) FROM mysql.user WHERE CONCAT(User, '@', Host) IN (${accounts});`;
  const grants = items.map(
    ({ desired }) => `SELECT ${quoteText(`g:${desired.account}`)}; SHOW GRANTS FOR ${quoteAccount(desired.account)};`,
  );
  return [
    `mariadb_ask <<'SQL'\n${[credentials, ...grants].join("\n")}\nSQL`,
    "mariadb_user_grants",
    ...items.map(({ id, desired }) =>
      call("mariadb_user_seen", id, desired.account, desired.ensure, credentialOf(desired), expected(desired)),
    ),
  ].join("\n");
}

function diff({ desired }: Item<User>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("absent")) return [{ property: "ensure", to: "present" }];
  const plugin = seen.get("credential");
  const to = desired.password ? "*** (changed)" : "unix_socket";
  return [
    ...(plugin === undefined ? [] : [{ property: "authentication", from: plugin === "password" ? "***" : plugin, to }]),
    ...changesOf(desired, seen).map(({ object, has, wants }) => ({
      property: `grants on ${object}`,
      from: has.join(", ") || "none",
      to: wants.join(", ") || "none",
    })),
  ];
}

function changesOf(user: User, seen: Seen) {
  const told = seen.get("grants");
  if (told === undefined && !seen.has("absent")) return [];
  return compareGrants(parseGrants(told ?? ""), wantedOf(user));
}

function steps({ desired }: Item<User>, seen: Seen): Step[] {
  const who = quoteAccount(desired.account);
  const tell = (lines: readonly string[]): Step[] => [
    { kind: "call", function: "mariadb_tell", words: [], payload: new Secret(`${lines.join("\n")}\n`) },
  ];
  if (desired.ensure === "absent") return tell([`DROP USER IF EXISTS ${who};`]);
  const { password } = desired;
  const how = password ? `mysql_native_password USING ${quoteText(nativeHash(password.reveal()))}` : "unix_socket";
  const grants = changesOf(desired, seen).flatMap((change) => grantSql(desired.account, change));
  if (seen.has("absent")) return tell([`CREATE OR REPLACE USER ${who} IDENTIFIED VIA ${how};`, ...grants]);
  return tell([...(seen.has("credential") ? [`ALTER USER ${who} IDENTIFIED VIA ${how};`] : []), ...grants]);
}

const readShell = `${mariadbShell}
mariadb_user_grants() { # in $m_grants: a line ACCOUNT<tab>OBJECT|PRIVILEGES; and so on, for each account
  m_grants=$nl m_of=
  while IFS= read -r m_line; do
    case $m_line in
      g:*) m_grants=$m_grants\${m_of:+$nl}\${m_line#g:}'	' m_of=$m_line ;;
      'GRANT PROXY '*) ;;
      'GRANT '*' ON '*' TO '*)
        m_line=\${m_line#GRANT }
        m_list=\${m_line%% ON *} m_object=\${m_line#* ON }
        m_object=\${m_object%% TO *} m_option=
        case $m_line in *' WITH GRANT OPTION') m_option='|GRANT OPTION' ;; esac
        [ "$m_list$m_option" = USAGE ] || m_grants="$m_grants$(mariadb_user_unquoted "$m_object")|$m_list$m_option;" ;;
    esac
  done <<ANSWER
$mariadb_answer
ANSWER
  m_grants=$m_grants$nl
}
mariadb_user_unquoted() { # object: without its backquotes
  m_left=$1 m_plain=
  while :; do
    case $m_left in *\\\`*) m_plain=$m_plain\${m_left%%\\\`*} m_left=\${m_left#*\\\`} ;; *) printf '%s' "$m_plain$m_left"; return 0 ;; esac
  done
}
mariadb_user_seen() { # id account present|absent credential grants
  if ! mariadb_line "u:$2"; then [ "$3" = absent ] || seen "$1" absent yes; return 0; fi
  if [ "$3" = absent ]; then seen "$1" exists yes; return 0; fi
  if [ "$m_rest" != "$4" ]; then
    case \${#m_rest} in 64) seen "$1" credential password ;; *) seen "$1" credential "\${m_rest:-none}" ;; esac
  fi
  m_own=
  case $m_grants in *"$nl$2	"*) m_own=\${m_grants#*"$nl$2	"}; m_own=\${m_own%%"$nl"*} ;; esac
  [ "$m_own" = "$5" ] || seen "$1" grants "$m_own"
}
`;

export const mariadbUserType = defineType({
  name: "mariadb_user",
  summary: "An account of the host's own MariaDB: how it proves itself, and exactly which rights it has.",
  example: 'mariadbUser("app@localhost", { password, grants: { app: ["SELECT", "INSERT", "UPDATE", "DELETE"] } })',
  schema,
  titleKey: "account",
  shell: { read: readShell },
  read,
  diff,
  steps,
  autoRequire: ({ grants }) => [
    "package[mariadb-server]",
    "service[mariadb.service]",
    "service[mariadb]",
    ...Object.keys(grants).map((key) => `mariadb_database[${key.split(".")[0]}]`),
  ],
  claims: ({ account }) => ({ whole: [`mariadb account:${account}`] }),
  absent: ({ account }) => ({ account, ensure: "absent" }),
});

/** An account of the host's own MariaDB: `mariadbUser("app@localhost", { password, grants: { app: ["ALL PRIVILEGES"] } })`. */
export const mariadbUser = declare({ name: "mariadb_user", schema, titleKey: "account" });
