import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Outlook, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const schema = z.strictObject({
  unit: z.string().regex(/^[A-Za-z0-9:_.@-]+$/, "must be a systemd unit's name"),
  enabled: z.boolean().optional(),
  running: z.boolean().optional(),
  /** The package it comes from, when it isn't named as the unit. */
  package: z.string().optional(),
});

type Service = z.output<typeof schema>;

const word = (value: boolean | undefined) => (value === undefined ? "any" : value ? "yes" : "no");

function read(items: readonly Item<Service>[]): string {
  return items
    .map(({ id, desired, inputs }) =>
      call(
        "service_seen",
        id,
        desired.unit,
        word(desired.enabled),
        word(desired.running),
        inputs.restart,
        inputs.reload,
      ),
    )
    .join("\n");
}

function diff({ desired }: Item<Service>, seen: Seen, outlook: Outlook): Change[] {
  if (seen.get("load") === "not-found") return starting(desired);
  const [enabled, active] = [seen.get("enabled"), seen.get("active")];
  return [
    ...(enabled === undefined
      ? []
      : [{ property: "enabled", from: enabled, to: desired.enabled ? "enabled" : "disabled" }]),
    ...(active === undefined
      ? []
      : [{ property: "running", from: active, to: desired.running ? "active" : "inactive" }]),
    ...(desired.running && active === undefined ? refresh(seen, outlook) : []),
  ];
}

/** No such unit yet: its state can't be known before its package is there. */
const starting = ({ enabled, running }: Service): Change[] => [
  ...(enabled ? [{ property: "enabled", to: "enabled" }] : []),
  ...(running ? [{ property: "running", to: "active" }] : []),
];

/** What it last started with is not what it should run with: told by the host's record, or by a change in this run. */
function refresh(seen: Seen, outlook: Outlook): Change[] {
  if (seen.has("restart") || outlook.restart)
    return [{ property: "inputs", from: "running with others", to: "restart" }];
  if (seen.has("reload") || outlook.reload) return [{ property: "inputs", from: "loaded others", to: "reload" }];
  return [];
}

const steps = ({ desired, inputs }: Item<Service>): Step[] => [
  {
    kind: "service",
    unit: desired.unit,
    ...(desired.enabled === undefined ? {} : { enabled: desired.enabled }),
    ...(desired.running === undefined ? {} : { running: desired.running }),
    ...inputs,
  },
];

const readShell = `
service_seen() { # id unit enabled running restart-inputs reload-inputs
  s_load= s_active= s_file=
  while IFS='=' read -r s_key s_value; do
    case $s_key in LoadState) s_load=$s_value ;; ActiveState) s_active=$s_value ;; UnitFileState) s_file=$s_value ;; esac
  done <<UNIT
$(systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$2" 2>/dev/null)
UNIT
  case $s_load in '' | not-found) seen "$1" load not-found; return 0 ;; esac
  case $3:$s_file in
    any:* | no:disabled | no:masked | no:static | no:) ;;
    yes:enabled | yes:enabled-runtime | yes:static | yes:alias | yes:indirect | yes:generated | yes:linked) ;;
    *) seen "$1" enabled "$s_file" ;;
  esac
  case $4:$s_active in
    any:* | yes:active | yes:reloading | no:inactive | no:failed) ;;
    *) seen "$1" active "$s_active" ;;
  esac
  inputs_read "$2"
  [ "$5" = - ] || [ "$5" = "$had_restart" ] || seen "$1" restart "$had_restart"
  [ "$6" = - ] || [ "$6" = "$had_reload" ] || seen "$1" reload "$had_reload"
}
`;

export const serviceType = defineType({
  name: "service",
  summary: "A systemd unit that is enabled, running, and running with its newest inputs.",
  example: 'service("varnish.service", { enabled: true, running: true, reloadOn: [vcl] })',
  schema,
  titleKey: "unit",
  shell: { read: readShell },
  read,
  diff,
  steps,
  autoRequire: (service) => {
    const { unit, package: from } = service;
    const name = unit.replace(/\.[a-z]+$/, "");
    const folder = `${unit.includes(".") ? unit : `${unit}.service`}`;
    return [
      `package[${from ?? name}]`,
      `file[/etc/systemd/system/${folder}]`,
      `file[/etc/systemd/system/${folder}.d/*]`,
    ];
  },
});

/** A systemd unit: `service("varnish", { enabled: true, running: true, subscribe: [unitFile], reloadOn: [config] })`. */
export const service = declare({ name: "service", schema, titleKey: "unit" });
