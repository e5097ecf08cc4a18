import { z } from "zod";
import { declare } from "../declare.ts";
import { diffParts, type FilePart, readParts, stepsOfParts } from "../file-parts.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { quoteAssignment, quoteExec, unitText } from "../systemd-words.ts";
import { absolutePath, accountName, call } from "../words.ts";

const calendar = z
  .string()
  .regex(/^[A-Za-z0-9*][A-Za-z0-9*:,./~ _+-]*$/, "must be a calendar event such as daily or Mon *-*-* 03:00");
const line = z.string().regex(/^[^\n]*$/, "must be one line");

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, "must be a unit's name without its suffix")
      .describe("Names NAME.timer and NAME.service"),
    ensure: z.enum(["present", "absent"]).default("present").describe("`absent`: both are stopped and removed"),
    command: z
      .array(z.string())
      .default([])
      .describe("What runs, as words; no shell reads them, the first is a program's path"),
    onCalendar: z
      .union([calendar, z.array(calendar)])
      .default([])
      .transform((given) => [given].flat())
      .describe('When, as systemd.time(7) has it: "daily", "Sun *-*-* 03:30"; several are either-or'),
    user: accountName.default("root").describe("Account that the command runs as"),
    description: line.optional().describe("What `systemctl list-timers` and the journal call it; none: its name"),
    environment: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
      .default({})
      .describe("Variables of the command; no secrets, the unit is readable by all"),
    workingDirectory: absolutePath.optional().describe("Where the command starts; none: /"),
    persistent: z.boolean().default(true).describe("Run at boot what was missed while the host was down"),
    randomizedDelaySeconds: z
      .int()
      .min(0)
      .default(0)
      .describe("Spread over so many seconds, so that not all hosts begin at once"),
    timeoutSeconds: z.int().min(1).optional().describe("The command is stopped after so many seconds; none: never"),
  })
  .refine(({ ensure, command, onCalendar }) => ensure === "absent" || (command.length > 0 && onCalendar.length > 0), {
    message: "a present timer has command and onCalendar",
  })
  .refine(({ command }) => command.length === 0 || command[0]?.startsWith("/"), {
    message: "the command's first word must be a program's absolute path",
    path: ["command"],
  });

type Timer = z.output<typeof schema>;

function serviceText({
  name,
  command,
  user,
  description,
  environment,
  workingDirectory,
  timeoutSeconds,
}: Timer): string {
  return unitText({
    Unit: { Description: description ?? name },
    Service: {
      Type: "oneshot",
      User: user,
      ...(workingDirectory ? { WorkingDirectory: workingDirectory } : {}),
      Environment: Object.entries(environment).map(([key, value]) => quoteAssignment(key, value)),
      ...(timeoutSeconds === undefined ? {} : { TimeoutStartSec: timeoutSeconds }),
      ExecStart: command.map(quoteExec).join(" "),
    },
  });
}

const timerText = ({ name, description, onCalendar, persistent, randomizedDelaySeconds }: Timer) =>
  unitText({
    Unit: { Description: description ?? name },
    Timer: { OnCalendar: onCalendar, Persistent: persistent, RandomizedDelaySec: randomizedDelaySeconds },
    Install: { WantedBy: "timers.target" },
  });

function partsOf(timer: Timer): FilePart[] {
  const { name, ensure, onCalendar } = timer;
  const there = ensure === "present";
  const part = (kind: string, content: string, validate?: readonly string[]): FilePart => ({
    name: kind,
    file: {
      path: `/etc/systemd/system/${name}.${kind}`,
      ensure,
      content: there ? content : undefined,
      mode: "0644",
      owner: "root",
      group: "root",
      validate,
    },
  });
  return [
    part("service", serviceText(timer)),
    part("timer", timerText(timer), ["timer_check", "%", ...onCalendar.map((event) => event.replaceAll("%", ""))]),
  ];
}

/** One `systemctl show` for all of them. */
function read(items: readonly Item<Timer>[]): string {
  const there = items.filter(({ desired }) => desired.ensure === "present");
  const files = readParts(items.map(({ id, desired }) => ({ id, parts: partsOf(desired) })));
  if (there.length === 0) return files;
  const known = call("timers_known", ...there.flatMap(({ desired: { name } }) => [`${name}.timer`, `${name}.service`]));
  return [files, "{", ...there.map(({ id }) => `timer_seen ${id}`), "} <<UNITS", `$(${known})`, "UNITS"].join("\n");
}

function diff({ desired }: Item<Timer>, seen: Seen): Change[] {
  const told = (property: string, to: string): Change[] => {
    const from = seen.get(property);
    return from === undefined ? [] : [{ property, ...(from === "not-found" ? {} : { from }), to }];
  };
  return [
    ...diffParts(partsOf(desired), seen),
    ...told("enabled", "enabled"),
    ...told("active", "active"),
    ...(seen.has("reload") ? [{ property: "loaded", from: "older files", to: "these files" }] : []),
  ];
}

function steps({ desired }: Item<Timer>, seen: Seen): Step[] {
  const files = stepsOfParts(partsOf(desired), seen);
  const act = (name: string): Step => ({ kind: "call", function: name, words: [desired.name] });
  return desired.ensure === "absent"
    ? [act("timer_stop"), ...files, act("timer_forget")]
    : [...files, act("timer_start")];
}

const readShell = `
timers_known() { systemctl show -p LoadState -p ActiveState -p UnitFileState -p NeedDaemonReload -- "$@" 2>/dev/null; }
timer_block() { # the next block on stdin
  t_active= t_file= t_load=
  while IFS='=' read -r t_key t_value; do
    case $t_key in
      LoadState) t_load=$t_value ;;
      ActiveState) t_active=$t_value ;;
      UnitFileState) t_file=$t_value ;;
      NeedDaemonReload) if [ "$t_value" = yes ]; then t_reload=yes; fi ;;
      '') return 0 ;;
    esac
  done
}
timer_seen() { # id; the blocks of its timer and its service on stdin
  t_reload=
  timer_block
  case $t_load in
    '' | not-found) seen "$1" enabled not-found; seen "$1" active not-found ;;
    *)
      [ "$t_file" = enabled ] || seen "$1" enabled "$t_file"
      [ "$t_active" = active ] || seen "$1" active "$t_active" ;;
  esac
  timer_block
  [ -z "$t_reload" ] || seen "$1" reload needed
}
`;

const applyShell = `
timer_check() { # file events…
  shift
  command -v systemd-analyze >/dev/null 2>&1 || return 0
  for t_event in "$@"; do systemd-analyze calendar --iterations=1 -- "$t_event" || return 1; done
}
timer_start() { # name
  systemctl daemon-reload
  systemctl enable -- "$1.timer"
  systemctl restart -- "$1.timer"
}
timer_stop() { # name
  systemctl disable --now -- "$1.timer" || [ "$(systemctl show -p LoadState --value -- "$1.timer")" = not-found ]
  systemctl stop -- "$1.service" || :
}
timer_forget() { # name
  systemctl daemon-reload
  systemctl reset-failed -- "$1.timer" "$1.service" 2>/dev/null || :
}
`;

export const timerType = defineType({
  name: "timer",
  summary: "A command that runs by the calendar: a systemd timer and the service that it starts, enabled and waiting.",
  example: 'timer("dump", { onCalendar: "*-*-* 02:30", command: ["/usr/local/bin/dump", "--all"], user: "backup" })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: ({ user, command }) => [
    `user[${user}]`,
    ...command.flatMap((one) => (one.startsWith("/") ? [`file[${one}]`, `template[${one}]`] : [])),
  ],
  claims: ({ name }) => ({
    whole: [`path:/etc/systemd/system/${name}.service`, `path:/etc/systemd/system/${name}.timer`, `unit:${name}.timer`],
  }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** A command by the calendar: `timer("dump", { onCalendar: "daily", command: ["/usr/local/bin/dump"] })`. */
export const timer = declare({ name: "timer", schema, titleKey: "name" });
