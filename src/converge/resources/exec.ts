import { createHash } from "node:crypto";
import { z } from "zod";
import { Secret } from "../../secret.ts";
import { quoteSh } from "../../transport/quote.ts";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Outlook, type Seen } from "../resource.ts";
import type { CallStep, Step } from "../step.ts";
import { absolutePath, accountName, call, foldersAbove } from "../words.ts";

const argv = z.array(z.string().regex(/^[^\0]*$/, "can't hold a NUL byte")).min(1);
const script = z.string().regex(/^[^\0]+$/, "must be a script");
const guard = z.union([argv, script]);

const schema = z
  .strictObject({
    name: z.string().describe("What it is called, for people; its memory of what it ran with hangs on it"),
    argv: argv.optional().describe("The command: a program and its words, without a shell"),
    script: script.optional().describe("Instead of `argv`: a script for sh, which ends at its first failure"),
    unless: guard
      .optional()
      .describe("Not run if this succeeds: words, or a script for sh. Is run by every check and must change nothing"),
    onlyIf: guard.optional().describe("Not run if this fails. Is run by every check and must change nothing"),
    creates: absolutePath.optional().describe("Not run if this is there"),
    refreshOnly: z
      .boolean()
      .default(false)
      .describe("Run when what it subscribes to has changed since it last succeeded, and never else"),
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name"),
        z.union([z.string(), z.instanceof(Secret)]),
      )
      .default({})
      .describe("Variables; secret ones are given to the command only, not to its guards"),
    cwd: z
      .union([z.literal("/"), absolutePath])
      .default("/")
      .describe("Directory that it runs in"),
    user: accountName.default("root").describe("Account that it and its guards run as"),
    timeoutSeconds: z.int().min(1).max(3600).default(300).describe("After so many seconds it is ended and has failed"),
    exitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe("Exit codes that mean success"),
  })
  .refine(({ argv, script }) => (argv === undefined) !== (script === undefined), "has either argv or script");

type Exec = z.output<typeof schema>;

const guardSeconds = 60;

/** `sh -e -c`: a script is no secret, and its own process can't break the program around it. */
const commandOf = (given: readonly string[] | string): readonly string[] =>
  typeof given === "string" ? ["sh", "-e", "-c", given] : given;

function guardCalls({ unless, onlyIf, creates, user, cwd, timeoutSeconds, environment }: Exec): CallStep[] {
  const open = Object.entries(environment).flatMap(([name, value]) =>
    value instanceof Secret ? [] : [`${name}=${value}`],
  );
  const words = (given: readonly string[] | string) => [
    user,
    cwd,
    Math.min(timeoutSeconds, guardSeconds),
    ...(open.length > 0 ? ["env", ...open] : []),
    ...commandOf(given),
  ];
  return [
    ...(creates === undefined ? [] : [step("exec_creates", creates)]),
    ...(unless === undefined ? [] : [step("exec_unless", ...words(unless))]),
    ...(onlyIf === undefined ? [] : [step("exec_only_if", ...words(onlyIf))]),
  ];
}

const step = (name: string, ...words: readonly (string | number)[]): CallStep => ({
  kind: "call",
  function: name,
  words,
});

const isGuarded = ({ unless, onlyIf, creates }: Exec) => [unless, onlyIf, creates].some((one) => one !== undefined);

const recordOf = (name: string) => `exec:${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;

/** Without a guard there is nothing to ask. */
function read(items: readonly Item<Exec>[]): string {
  const asked = items.filter(({ desired }) => desired.refreshOnly || isGuarded(desired));
  return asked
    .flatMap(({ id, desired, inputs }) => {
      const record = desired.refreshOnly ? recordOf(desired.name) : "-";
      const guards = guardCalls(desired).map((one) => call(one.function, ...one.words));
      return [call("exec_begin", record, inputs.restart, inputs.reload), ...guards, call("exec_seen", id)];
    })
    .join("\n");
}

function diff({ desired }: Item<Exec>, seen: Seen, outlook: Outlook): Change[] {
  const to = shown(desired);
  const refreshed = outlook.restart || outlook.reload;
  const unsure = seen.get("needed") === "maybe" ? ({ unknown: true } as const) : {};
  if (desired.refreshOnly) {
    const due = seen.has("needed") || refreshed;
    return due ? [{ property: "run", from: "ran with other inputs, or never", to, ...unsure }] : [];
  }
  if (!isGuarded(desired)) return [{ property: "run", to, unknown: true }];
  return seen.has("needed") || refreshed ? [{ property: "run", to, ...unsure }] : [];
}

function shown({ argv, script = "" }: Exec): string {
  const [first = "", ...more] = argv ? [argv.map(quoteSh).join(" ")] : script.trim().split("\n");
  const text = first.length > 100 ? `${first.slice(0, 100)}…` : first;
  return more.length > 0 ? `${text} …` : text;
}

/** The guards are asked again when its turn comes: what ran before it may have settled it. */
function steps({ desired, inputs }: Item<Exec>): Step[] {
  const { argv, script, user, cwd, timeoutSeconds, exitCodes, environment, refreshOnly, name } = desired;
  const words = [user, cwd, timeoutSeconds, exitCodes.join(" "), ...commandOf(argv ?? script ?? "")];
  return [
    step("exec_begin", "-", "-", "-"),
    ...guardCalls(desired),
    ...(Object.keys(environment).length > 0 ? [exporting(environment)] : []),
    step("exec_run", ...words),
    ...(refreshOnly ? [step("record_inputs", recordOf(name), inputs.restart, inputs.reload)] : []),
  ];
}

function exporting(environment: Exec["environment"]): Step {
  const values = Object.entries(environment);
  const text = values.map(
    ([name, value]) => `export ${name}=${quoteSh(value instanceof Secret ? value.reveal() : value)}\n`,
  );
  const secret = values.some(([, value]) => value instanceof Secret);
  return { ...step("exec_environment"), payload: secret ? new Secret(text.join("")) : text.join("") };
}

const readShell = `
exec_try() { # user cwd seconds command…
  x_user=$1 x_seconds=$3
  cd "$2" || return 127
  shift 3
  if command -v timeout >/dev/null 2>&1; then as_user "$x_user" timeout "$x_seconds" "$@"
  else as_user "$x_user" "$@"; fi
}
exec_begin() { # record|- restart reload: is it needed, before any guard is asked?
  x_need=yes x_wants=
  [ "$1" != - ] || return 0
  inputs_read "$1"
  if { [ "$2" = - ] || [ "$2" = "$had_restart" ]; } && { [ "$3" = - ] || [ "$3" = "$had_reload" ]; }; then x_need=no; fi
}
exec_creates() { if [ -e "$1" ] || [ -L "$1" ]; then x_need=no; fi; }
exec_unless() { # as exec_try; a guard that can't be run says nothing
  [ "$x_need" != no ] || return 0
  x_rc=0; ( exec_try "$@" ) >/dev/null 2>&1 </dev/null || x_rc=$?
  case $x_rc in 0) x_need=no ;; 124 | 126 | 127 | 143) x_need=maybe ;; esac
}
exec_only_if() {
  [ "$x_need" != no ] || return 0
  x_rc=0; ( exec_try "$@" ) >/dev/null 2>&1 </dev/null || x_rc=$?
  case $x_rc in 0) ;; 124 | 126 | 127 | 143) x_need=maybe x_wants=no ;; *) x_need=no ;; esac
}
exec_seen() { [ "$x_need" = no ] || seen "$1" needed "$x_need"; }
`;

const applyShell = `
exec_environment() { eval "$(base64 -d)"; }
exec_run() { # user cwd seconds exit-codes command…
  if [ "$x_need" = no ] || [ -n "$x_wants" ]; then echo "its guard finds nothing to do"; return 0; fi
  x_codes=$4 x_user=$1 x_cwd=$2 x_limit=$3
  shift 4
  now; x_start=$n_ms
  x_rc=0; ( exec_try "$x_user" "$x_cwd" "$x_limit" "$@" ) || x_rc=$?
  case " $x_codes " in *" $x_rc "*) return 0 ;; esac
  now
  if [ $((n_ms - x_start)) -ge $((x_limit * 1000)) ]; then echo "it took longer than $x_limit s and was ended"
  else echo "it ended with $x_rc"; fi
  return 1
}
`;

export const execType = defineType({
  name: "exec",
  summary:
    "A command that is run when its guard asks for it; without a guard every plan says `unknown` and every apply runs it.",
  example: 'exec("schema", { argv: ["/srv/app/migrate"], unless: ["/srv/app/migrate", "--check"], user: "deploy" })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  inputsRecord: recordOf,
  autoRequire: ({ user, cwd }) => [`user[${user}]`, ...(cwd === "/" ? [] : foldersAbove(`${cwd}/.`))],
});

/** A command: `exec("schema", { argv: ["/srv/app/migrate"], unless: ["/srv/app/migrate", "--check"] })`. */
export const exec = declare({ name: "exec", schema, titleKey: "name" });
