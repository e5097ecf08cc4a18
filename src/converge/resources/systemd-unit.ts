import { z } from "zod";
import { Secret } from "../../secret.ts";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { unitText } from "../systemd-words.ts";
import { call, parentOf } from "../words.ts";
import { diffFile, readFiles, stepsOfFile, type WrittenFile } from "../written-file.ts";

const suffix = "(?:service|socket|timer|mount|automount|path|target|slice|swap)";
const setting = z.union([z.string().regex(/^[^\n]*$/, "must be one line"), z.number(), z.boolean()]);

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(
        new RegExp(`^[A-Za-z0-9:_.\\\\@-]+\\.${suffix}(\\.d/[A-Za-z0-9_.-]+\\.conf)?$`),
        "must be a unit (app.service) or a drop-in (app.service.d/limits.conf)",
      )
      .describe("The unit, or a drop-in of one; it stands in /etc/systemd/system"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("`absent`: stopped, disabled and removed; of a drop-in only the file is"),
    content: z
      .union([z.string(), z.instanceof(Secret)])
      .optional()
      .describe("The whole text; a file with a secret is readable by root only"),
    sections: z
      .record(
        z.string().regex(/^[A-Za-z-]+$/),
        z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.union([setting, z.array(setting)])),
      )
      .optional()
      .describe(
        'In place of `content`: `{ Service: { ExecStart: ["", "/usr/bin/app"], Restart: "always" } }`; a list is a line for each',
      ),
    verify: z
      .boolean()
      .default(true)
      .describe(
        "Ask `systemd-analyze verify` before it takes its place, so that a misspelt setting or a missing program is refused",
      ),
  })
  .refine(
    ({ ensure, content, sections }) =>
      [content, sections].filter((one) => one !== undefined).length === (ensure === "present" ? 1 : 0),
    { message: "a present unit has either content or sections, an absent one neither" },
  );

type Unit = z.output<typeof schema>;

const pathOf = ({ name }: Pick<Unit, "name">) => `/etc/systemd/system/${name}`;
const unitOf = ({ name }: Pick<Unit, "name">) => name.replace(/\.d\/.*$/, "");
const isDropIn = ({ name }: Pick<Unit, "name">) => name.includes("/");

function fileOf(unit: Unit): WrittenFile {
  const { ensure, content, sections, verify, name } = unit;
  return {
    path: pathOf(unit),
    ensure,
    content: sections ? unitText(sections) : content,
    mode: content instanceof Secret ? "0600" : "0644",
    owner: "root",
    group: "root",
    validate: verify ? ["systemd_unit_verify", unitOf(unit), name, "%"] : undefined,
  };
}

/** One `systemctl show` asks whether systemd has read what is there. */
function read(items: readonly Item<Unit>[]): string {
  const there = items.filter(({ desired }) => desired.ensure === "present");
  const files = readFiles(items.map(({ id, desired }) => ({ id, file: fileOf(desired) })));
  if (there.length === 0) return files;
  const known = call("systemd_units_known", ...there.map(({ desired }) => unitOf(desired)));
  return [files, "{", ...there.map(({ id }) => `systemd_unit_seen ${id}`), "} <<UNITS", `$(${known})`, "UNITS"].join(
    "\n",
  );
}

const stale = (seen: Seen): Change[] =>
  seen.has("reload") ? [{ property: "loaded", from: "an older file", to: "this file" }] : [];

function steps({ desired }: Item<Unit>, seen: Seen): Step[] {
  const [path, unit] = [pathOf(desired), unitOf(desired)];
  if (desired.ensure === "absent") {
    const stop: Step = { kind: "call", function: "systemd_unit_stop", words: [unit] };
    const tidy: Step = {
      kind: "call",
      function: "systemd_unit_tidy",
      words: [isDropIn(desired) ? parentOf(path) : ""],
    };
    return [...(isDropIn(desired) ? [] : [stop]), { kind: "remove", path }, tidy];
  }
  const reload: Step = { kind: "run", argv: ["systemctl", "daemon-reload"] };
  const differs = [...seen.keys()].some((key) => key !== "reload");
  const folder: Step[] = isDropIn(desired) ? [{ kind: "run", argv: ["mkdir", "-p", parentOf(path)] }] : [];
  return differs ? [...folder, ...stepsOfFile(fileOf(desired)), reload] : [reload];
}

const readShell = `
systemd_units_known() { systemctl show -p LoadState -p NeedDaemonReload -- "$@" 2>/dev/null; }
systemd_unit_seen() { # id; its block on stdin
  while IFS= read -r s_line; do
    case $s_line in '') return 0 ;; NeedDaemonReload=yes) seen "$1" reload needed ;; esac
  done
}
`;

/** verify knows a file by its name, so the new one is shown to it under its own, in front of what stands. */
const applyShell = `
systemd_unit_verify() { # unit name file
  command -v systemd-analyze >/dev/null 2>&1 || return 0
  rm -rf "$work/units" && mkdir -p "$work/units/$1.d" && cp "$3" "$work/units/$2" || return 1
  if systemd-analyze --help | grep -q recursive-errors; then set -- "$1" --recursive-errors=no; else set -- "$1"; fi
  v_unit=$1; shift
  SYSTEMD_UNIT_PATH="$work/units:" systemd-analyze verify --man=no "$@" "$v_unit"
}
systemd_unit_stop() { # unit
  systemctl disable --now -- "$1" || systemctl stop -- "$1" || [ "$(systemctl show -p LoadState --value -- "$1")" = not-found ]
}
systemd_unit_tidy() { # folder of drop-ins, or nothing
  if [ -n "$1" ]; then rmdir "$1" 2>/dev/null || :; fi
  systemctl daemon-reload
}
`;

export const systemdUnitType = defineType({
  name: "systemd_unit",
  summary: "A unit file or a drop-in of one, verified before it takes its place and read by systemd at once.",
  example:
    'systemdUnit("app.service", { sections: { Service: { ExecStart: "/usr/bin/app" }, Install: { WantedBy: "multi-user.target" } } })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read,
  diff: ({ desired }, seen) => [...diffFile(fileOf(desired), seen), ...stale(seen)],
  steps,
  autoRequire: ({ name }) => [`package[${name.replace(/\..*$/, "")}]`],
  claims: (unit) => ({ whole: [`path:${pathOf(unit)}`] }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** A unit file, or a drop-in: `systemdUnit("varnish.service.d/limits.conf", { sections: { Service: { LimitNOFILE: 65536 } } })`. */
export const systemdUnit = declare({ name: "systemd_unit", schema, titleKey: "name" });
