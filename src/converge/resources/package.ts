import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { call } from "../words.ts";

/** Debian Policy §5.6.1. A virtual package has no status of its own and is refused at apply. */
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "must be a Debian package name");

const schema = z.strictObject({ name: packageName, ensure: z.enum(["present", "absent"]).default("present") });

type Package = z.output<typeof schema>;

export const packageType = defineType({
  name: "package",
  schema,
  titleKey: "name",
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
});

/** A Debian package, without what it only recommends. Its services aren't started by the installation. */
export const debianPackage = declare({ name: "package", schema, titleKey: "name" });
