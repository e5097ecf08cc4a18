import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { call } from "../words.ts";

/** Debian Policy §5.6.1. A virtual package has no status of its own and is refused at apply. */
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "must be a Debian package name");

const schema = z.strictObject({ name: packageName, ensure: z.enum(["present", "absent"]).default("present") });

type Package = z.output<typeof schema>;

const readShell = `
packages_known() { known=$nl$(dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' -- "$@" 2>/dev/null)$nl; }
package_seen() { # id name present|absent
  s_status=not-installed
  case $known in *"$nl$2 "*) s_rest=\${known#*"$nl$2 "}; s_status=\${s_rest%%"$nl"*} ;; esac
  case $3:$s_status in
    present:installed | absent:not-installed | absent:config-files) ;;
    *) seen "$1" status "$s_status" ;;
  esac
}
`;

export const packageType = defineType({
  name: "package",
  summary: "A package of the distribution, without what it only recommends.",
  example: 'debianPackage("varnish")',
  schema,
  titleKey: "name",
  shell: { read: readShell },
  /** One dpkg-query for all. */
  read: (items: readonly Item<Package>[]) =>
    [
      call("packages_known", ...items.map(({ desired }) => desired.name)),
      ...items.map(({ id, desired }) => call("package_seen", id, desired.name, desired.ensure)),
    ].join("\n"),
  diff: ({ desired }, seen) => {
    const status = seen.get("status");
    if (status === undefined) return [];
    const half = !["installed", "not-installed", "config-files"].includes(status);
    return [
      {
        property: "ensure",
        from: half ? status : desired.ensure === "present" ? "absent" : "present",
        to: desired.ensure,
      },
    ];
  },
  steps: ({ desired: { name, ensure } }) => [
    { kind: "package", name, action: ensure === "present" ? "install" : "remove" },
  ],
  // Archives and preferences first, whoever declares them.
  autoRequire: () => ["file[/etc/apt/*]"],
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** A Debian package, without what it only recommends. Its services aren't started by the installation. */
export const debianPackage = declare({ name: "package", schema, titleKey: "name" });
