import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Outlook, type Seen } from "../resource.ts";
import { serviceShell } from "../service-shell.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const schema = z
  .strictObject({
    unit: z
      .string()
      .regex(/^[A-Za-z0-9:_.\\@-]+$/, "must be a systemd unit's name")
      .describe("The unit; without a suffix it is a `.service`"),
    enabled: z.boolean().optional().describe("Whether it starts with the host; none: as it is"),
    running: z
      .boolean()
      .optional()
      .describe("Whether it runs now, by a process that stays for three seconds; none: as it is"),
    masked: z
      .boolean()
      .optional()
      .describe(
        "`true`: stopped, and nothing can start it; only a unit that comes with a package, not one in /etc/systemd/system. `false`: unmasked first",
      ),
    restart: z
      .boolean()
      .default(true)
      .describe(
        "`false`: a change of its inputs never restarts it, as for a member of a quorum; a reload still happens",
      ),
    package: z.string().optional().describe("The package it comes from, when that isn't named as the unit"),
  })
  .refine(
    ({ masked, enabled, running }) => !(masked && (enabled || running)),
    "a masked unit is neither enabled nor running",
  );

type Service = z.output<typeof schema>;

const word = (value: boolean | undefined) => (value === undefined ? "any" : value ? "yes" : "no");
const fullName = (unit: string) => (unit.includes(".") ? unit : `${unit}.service`);
const restartInputs = ({ desired, inputs }: Item<Service>) => (desired.restart ? inputs.restart : "-");

/** One `systemctl show` for all of them. */
function read(items: readonly Item<Service>[]): string {
  const each = items.map((item) => {
    const { enabled, running, masked, unit } = item.desired;
    const wanted = [word(enabled), word(running), word(masked)];
    return call("service_seen", item.id, unit, ...wanted, restartInputs(item), item.inputs.reload);
  });
  const known = call("services_known", ...items.map(({ desired }) => desired.unit));
  return ["{", ...each, "} <<UNITS", `$(${known})`, "UNITS"].join("\n");
}

function diff({ desired }: Item<Service>, seen: Seen, outlook: Outlook): Change[] {
  const masked = seen.get("masked");
  const mask = masked === undefined ? [] : [{ property: "masked", from: masked, to: word(desired.masked) }];
  if (seen.get("load") === "not-found") return [...mask, ...starting(desired)];
  const [enabled, active] = [seen.get("enabled"), seen.get("active")];
  return [
    ...mask,
    ...(enabled === undefined
      ? []
      : [{ property: "enabled", from: enabled, to: desired.enabled ? "enabled" : "disabled" }]),
    ...(active === undefined
      ? []
      : [{ property: "running", from: active, to: desired.running ? "active" : "inactive" }]),
    ...(desired.running && active === undefined ? refresh(desired, seen, outlook) : []),
  ];
}

/** No such unit yet: its state can't be known before its package is there. */
const starting = ({ enabled, running }: Service): Change[] => [
  ...(enabled ? [{ property: "enabled", to: "enabled" }] : []),
  ...(running ? [{ property: "running", to: "active" }] : []),
];

/** What it last started with is not what it should run with: told by the host's record, or by a change in this run. */
function refresh({ restart }: Service, seen: Seen, outlook: Outlook): Change[] {
  if (restart && (seen.has("restart") || outlook.restart))
    return [{ property: "inputs", from: "running with others", to: "restart" }];
  if (seen.has("reload") || outlook.reload) return [{ property: "inputs", from: "loaded others", to: "reload" }];
  return [];
}

const steps = (item: Item<Service>): Step[] => {
  const { unit, enabled, running, masked } = item.desired;
  return [
    {
      kind: "service",
      unit,
      ...(enabled === undefined ? {} : { enabled }),
      ...(running === undefined ? {} : { running }),
      ...(masked === undefined ? {} : { masked }),
      restart: restartInputs(item),
      reload: item.inputs.reload,
    },
  ];
};

/** Its package and whatever describes the unit, whichever type that was written with. */
function autoRequire({ unit, package: from }: Service): string[] {
  const name = fullName(unit);
  const template = name.replace(/@[^.]+\./, "@.");
  const folder = "/etc/systemd/system";
  return [
    `package[${from ?? unit.replace(/\.[a-z]+$/, "")}]`,
    ...new Set(
      [name, template].flatMap((one) => [
        ...["file", "template"].flatMap((type) => [`${type}[${folder}/${one}]`, `${type}[${folder}/${one}.d/*]`]),
        `systemd_unit[${one}]`,
        `systemd_unit[${one}.d/*]`,
      ]),
    ),
  ];
}

export const serviceType = defineType({
  name: "service",
  summary: "A systemd unit that is enabled, running, and running with its newest inputs.",
  example: 'service("varnish.service", { enabled: true, running: true, reloadOn: [vcl] })',
  schema,
  titleKey: "unit",
  shell: serviceShell,
  read,
  diff,
  steps,
  autoRequire,
  claims: ({ unit }) => ({ whole: [`unit:${fullName(unit)}`] }),
  absent: ({ unit }) => ({ unit, enabled: false, running: false }),
  inputsRecord: (title) => title,
});

/** A systemd unit: `service("varnish", { enabled: true, running: true, subscribe: [unitFile], reloadOn: [config] })`. */
export const service = declare({ name: "service", schema, titleKey: "unit" });
