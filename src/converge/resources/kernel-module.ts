import { z } from "zod";
import { declare } from "../declare.ts";
import { diffParts, type FilePart, readParts, stepsOfParts } from "../file-parts.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "must be a kernel module's name")
      .describe("As modprobe(8) knows it"),
    ensure: z
      .enum(["present", "absent", "blacklisted"])
      .default("present")
      .describe(
        "`present`: loaded now and at boot; `absent`: unloaded, and no longer loaded at boot; `blacklisted`: unloaded, and nothing can load it",
      ),
    parameters: z
      .record(
        z.string().regex(/^[A-Za-z0-9_]+$/),
        z.union([z.string().regex(/^\S+$/, "must not hold blanks"), z.int()]).transform(String),
      )
      .default({})
      .describe(
        "Set when it is loaded (modprobe.d(5), options); a module that is loaded already keeps its own until it is loaded anew",
      ),
  })
  .refine(({ ensure, parameters }) => ensure === "present" || Object.keys(parameters).length === 0, {
    message: "only a module that is present has parameters",
  });

type Module = z.output<typeof schema>;

const attributes = { mode: "0644", owner: "root", group: "root" } as const;

/** `install … /bin/false` stops even an explicit modprobe and a module that another one needs; `blacklist` only aliases. */
function settingsOf({ name, ensure, parameters }: Module): string | undefined {
  if (ensure === "blacklisted") return `blacklist ${name}\ninstall ${name} /bin/false\n`;
  const options = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return options.length > 0 ? `options ${name} ${options.join(" ")}\n` : undefined;
}

function partsOf(module: Module): FilePart[] {
  const file = (path: string, content: string | undefined) =>
    ({ path, content, ensure: content === undefined ? "absent" : "present", ...attributes }) as const;
  const { name, ensure } = module;
  return [
    { name: "settings", file: file(`/etc/modprobe.d/provision-${name}.conf`, settingsOf(module)) },
    {
      name: "boot",
      file: file(`/etc/modules-load.d/provision-${name}.conf`, ensure === "present" ? `${name}\n` : undefined),
    },
  ];
}

const read = (items: readonly Item<Module>[]) =>
  [
    readParts(items.map(({ id, desired }) => ({ id, parts: partsOf(desired) }))),
    ...items.map(({ id, desired: { name, ensure } }) =>
      call("kernel_module_seen", id, name.replaceAll("-", "_"), ensure === "present" ? "yes" : "no"),
    ),
  ].join("\n");

function diff({ desired }: Item<Module>, seen: Seen): Change[] {
  const loaded = seen.get("loaded");
  return [
    ...diffParts(partsOf(desired), seen),
    ...(loaded === undefined ? [] : [{ property: "loaded", from: loaded, to: loaded === "yes" ? "no" : "yes" }]),
  ];
}

/** A host without kmod has neither. */
const folders: Step = { kind: "run", argv: ["mkdir", "-p", "/etc/modprobe.d", "/etc/modules-load.d"] };

function steps({ desired }: Item<Module>, seen: Seen): Step[] {
  const argv = desired.ensure === "present" ? ["modprobe", "--", desired.name] : ["modprobe", "-r", "--", desired.name];
  const files = stepsOfParts(partsOf(desired), seen);
  return [
    ...(files.some(({ kind }) => kind === "write") ? [folders] : []),
    ...files,
    ...(seen.has("loaded") ? [{ kind: "run", argv } as const] : []),
  ];
}

/** Starts no process. What is built into the kernel has a folder only if it has parameters, and can't be unloaded. */
const readShell = `
kernel_module_loaded() { # name with underscores
  [ ! -e "/sys/module/$1/initstate" ] || return 0
  return 1
}
kernel_module_built_in() { # name with underscores
  [ ! -d "/sys/module/$1" ] || return 0
  m_list=/lib/modules/$(uname -r)/modules.builtin
  [ -r "$m_list" ] && tr - _ < "$m_list" | grep -q "/$1\\.ko"
}
kernel_module_seen() { # id name yes|no
  if kernel_module_loaded "$2"; then
    [ "$3" = yes ] || seen "$1" loaded yes
  elif [ "$3" = yes ] && ! kernel_module_built_in "$2"; then seen "$1" loaded no; fi
}
`;

export const kernelModuleType = defineType({
  name: "kernel_module",
  summary: "A module of the kernel: loaded now and at boot, or kept out.",
  example: 'kernelModule("br_netfilter")',
  schema,
  titleKey: "name",
  shell: { read: readShell },
  read,
  diff,
  steps,
  autoRequire: () => ["package[kmod]"],
  claims: ({ name }) => ({
    whole: [
      `path:/etc/modprobe.d/provision-${name}.conf`,
      `path:/etc/modules-load.d/provision-${name}.conf`,
      `kernel module:${name.replaceAll("-", "_")}`,
    ],
  }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** A module of the kernel: `kernelModule("nf_conntrack", { parameters: { hashsize: 65536 } })`. */
export const kernelModule = declare({ name: "kernel_module", schema, titleKey: "name" });
