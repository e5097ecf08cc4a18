import { z } from "zod";
import { declare } from "../declare.ts";
import { packageShell } from "../package-shell.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { PackageStep } from "../step.ts";
import { call } from "../words.ts";

/** Debian Policy §5.6.1, and what rpm allows. A virtual package has no status of its own and is refused at apply. */
const packageName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._-]+$/, "must be a package name");

const schema = z
  .strictObject({
    name: packageName.describe("As the distribution names it"),
    ensure: z
      .enum(["present", "absent", "latest"])
      .default("present")
      .describe(
        "`present`: installed in whatever version; `latest`: the newest of the host's own lists, asked of the archive tool in each check; `absent`: removed, its settings stay",
      ),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.+:~^_-]*\*?$/, 'must be a version such as "7.1.1-1.1", or its beginning and *')
      .optional()
      .describe("Exactly this version, or the newest that begins so (`7.1*`); none: whatever is there"),
    allowDowngrade: z
      .boolean()
      .default(false)
      .describe("Go back to `version` when a newer one is installed; else that is refused"),
    hold: z
      .boolean()
      .optional()
      .describe("`true`: upgrades pass it by (apt-mark hold, dnf versionlock); none: as the operators left it"),
    provider: z.enum(["apt", "dnf"]).optional().describe("Which tool; none: apt where dpkg is, else dnf"),
  })
  .refine(
    ({ ensure, version, hold }) => ensure !== "absent" || (version === undefined && hold === undefined),
    "an absent package has neither version nor hold",
  )
  .refine(
    ({ ensure, version, hold }) => ensure !== "latest" || (version === undefined && hold !== true),
    "latest goes with neither version nor hold",
  );

type Package = z.output<typeof schema>;

const word = (value: boolean | undefined) => (value === undefined ? "-" : value ? "yes" : "no");

/** One dpkg-query (or rpm) for all; one question to the archive's lists for those that want the latest. */
function read(items: readonly Item<Package>[]): string {
  return ([undefined, "apt", "dnf"] as const)
    .flatMap((provider) => {
      const own = items.filter(({ desired }) => desired.provider === provider);
      if (own.length === 0) return [];
      const latest = own.filter(({ desired }) => desired.ensure === "latest").map(({ desired }) => desired.name);
      return [
        call("package_provider", provider ?? "-"),
        call("packages_known", ...own.map(({ desired }) => desired.name)),
        ...(own.some(({ desired }) => desired.hold !== undefined) ? ["packages_locked"] : []),
        ...(latest.length > 0 ? [call("packages_offered", ...latest)] : []),
        ...own.map(({ id, desired: { name, ensure, version, hold } }) =>
          call("package_seen", id, name, ensure, version ?? "*", word(hold)),
        ),
      ];
    })
    .join("\n");
}

const settled = ["installed", "not-installed", "config-files"];

function diff({ desired }: Item<Package>, seen: Seen): Change[] {
  const { ensure, version, hold } = desired;
  const [status, installed, held] = [seen.get("status"), seen.get("version"), seen.get("hold")];
  if (status !== undefined) {
    const to = ensure === "absent" ? "absent" : "present";
    const from = settled.includes(status) ? (ensure === "absent" ? "present" : "absent") : status;
    return [{ property: "ensure", from, to }, ...(version ? [{ property: "version", to: version }] : [])];
  }
  const newest = version ?? seen.get("offered") ?? "latest";
  return [
    ...(installed === undefined ? [] : [{ property: "version", from: installed, to: newest }]),
    ...(held === undefined ? [] : [{ property: "hold", from: held, to: word(hold) }]),
  ];
}

function steps({ desired }: Item<Package>, seen: Seen): PackageStep[] {
  const { name, ensure, version, hold, allowDowngrade, provider } = desired;
  const stays = seen.has("hold") && !seen.has("status") && !seen.has("version");
  return [
    {
      kind: "package",
      name,
      action: ensure === "absent" ? "remove" : stays ? "keep" : "install",
      ...(version === undefined ? {} : { version }),
      ...(hold === undefined ? {} : { hold }),
      ...(allowDowngrade ? { allowDowngrade } : {}),
      ...(provider === undefined ? {} : { provider }),
    },
  ];
}

export const packageType = defineType({
  name: "package",
  summary: "A package of the distribution, without what it only recommends; all of a wave in one transaction.",
  example: 'osPackage("varnish", { version: "7.1*", hold: true })',
  schema,
  titleKey: "name",
  shell: packageShell,
  read,
  diff,
  steps,
  // Archives, keys and preferences first, whoever declares them.
  autoRequire: () => [
    "apt_repository[*]",
    "file[/etc/apt/*]",
    "template[/etc/apt/*]",
    "file[/etc/yum.repos.d/*]",
    "template[/etc/yum.repos.d/*]",
  ],
  absent: ({ name, provider }) => ({ name, ensure: "absent", ...(provider === undefined ? {} : { provider }) }),
});

/** A package of the distribution, without what it only recommends. Its services aren't started by the installation. */
export const osPackage = declare({ name: "package", schema, titleKey: "name" });

/** {@link osPackage} by its older name. */
export const debianPackage = osPackage;
