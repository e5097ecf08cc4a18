import { z } from "zod";
import { declare } from "../declare.ts";
import { diffParts, type FilePart, readParts, stepsOfParts } from "../file-parts.ts";
import { defineType, type Item } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath } from "../words.ts";

const word = (what: string) => z.string().regex(/^[^\s#[\]]+$/, `must be ${what} without blanks`);

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "must be a file's name without its suffix")
      .describe("Names the file: /etc/apt/sources.list.d/NAME.sources"),
    ensure: z.enum(["present", "absent"]).default("present").describe("`absent`: its file and its key are removed"),
    types: z
      .array(z.enum(["deb", "deb-src"]))
      .min(1)
      .default(["deb"])
      .describe("Packages, sources or both"),
    uris: z.array(word("a URI")).default([]).describe("Where the archive is; several are mirrors of each other"),
    suites: z.array(word("a suite")).default([]).describe("Such as `bookworm`, or `./` for a flat archive"),
    components: z.array(word("a component")).default([]).describe("Such as `main`; none for a flat archive"),
    architectures: z.array(word("an architecture")).default([]).describe("Only these; none: the host's"),
    key: z
      .string()
      .trim()
      .regex(
        /^-----BEGIN PGP PUBLIC KEY BLOCK-----\n[\s\S]*-----END PGP PUBLIC KEY BLOCK-----$/,
        "must be an armored public key",
      )
      .optional()
      .describe("The armored key that signs it: only this key, and only for this archive"),
    keyPlace: z
      .enum(["inline", "file"])
      .default("inline")
      .describe("`file`: beside it as /etc/apt/keyrings/NAME.asc, for an apt older than 2.3.10 (Debian 11)"),
    keyring: absolutePath.optional().describe("In place of `key`: a keyring that the host has already"),
    trusted: z
      .boolean()
      .default(false)
      .describe("In place of a key: taken without a signature; for an archive on the host's own disk"),
  })
  .refine(({ ensure, uris, suites }) => ensure === "absent" || (uris.length > 0 && suites.length > 0), {
    message: "a present archive has uris and suites",
  })
  .refine(
    ({ ensure, key, keyring, trusted }) =>
      ensure === "absent" || [key !== undefined, keyring !== undefined, trusted].filter(Boolean).length === 1,
    { message: "exactly one of key, keyring and trusted says why the archive is believed" },
  );

type Archive = z.output<typeof schema>;

const keyPath = ({ name }: Pick<Archive, "name">) => `/etc/apt/keyrings/${name}.asc`;
const attributes = { mode: "0644", owner: "root", group: "root" } as const;

/** deb822: a value goes on in lines that begin with a blank; an empty line is written as a dot. sources.list(5). */
const inline = (key: string) =>
  key
    .split("\n")
    .map((line) => `\n ${line.trim() || "."}`)
    .join("");

function textOf(archive: Archive): string {
  const { key, keyPlace, keyring, trusted, architectures, components } = archive;
  const signer =
    key === undefined ? keyring && ` ${keyring}` : keyPlace === "inline" ? inline(key) : ` ${keyPath(archive)}`;
  return [
    `Types: ${archive.types.join(" ")}`,
    `URIs: ${archive.uris.join(" ")}`,
    `Suites: ${archive.suites.join(" ")}`,
    ...(components.length > 0 ? [`Components: ${components.join(" ")}`] : []),
    ...(architectures.length > 0 ? [`Architectures: ${architectures.join(" ")}`] : []),
    ...(trusted ? ["Trusted: yes"] : []),
    ...(signer ? [`Signed-By:${signer}`] : []),
    "",
  ].join("\n");
}

/** The key first: a source without it would break every update between the two. */
function partsOf(archive: Archive): FilePart[] {
  const { name, ensure, key, keyPlace } = archive;
  const path = `/etc/apt/sources.list.d/${name}.sources`;
  const own = ensure === "present" && key !== undefined && keyPlace === "file" ? `${key}\n` : undefined;
  const keyFile = { path: keyPath(archive), content: own, ensure: own === undefined ? "absent" : "present" } as const;
  return [
    { name: "key", file: { ...keyFile, ...attributes } },
    {
      name: "sources",
      file: { path, ensure, content: ensure === "present" ? textOf(archive) : undefined, ...attributes },
    },
  ];
}

const keyFolder: Step = { kind: "run", argv: ["mkdir", "-p", "-m", "0755", "/etc/apt/keyrings"] };

export const aptRepositoryType = defineType({
  name: "apt_repository",
  summary:
    "An archive of packages and the key that it is believed by; apt's lists are updated before the next installation.",
  example:
    'aptRepository("nodesource", { uris: ["https://deb.nodesource.com/node_22.x"], suites: ["nodistro"], components: ["main"], key })',
  schema,
  titleKey: "name",
  read: (items: readonly Item<Archive>[]) =>
    readParts(items.map(({ id, desired }) => ({ id, parts: partsOf(desired) }))),
  diff: ({ desired }, seen) => diffParts(partsOf(desired), seen),
  steps: ({ desired }, seen) => {
    const steps = stepsOfParts(partsOf(desired), seen);
    return desired.keyPlace === "file" && desired.ensure === "present" ? [keyFolder, ...steps] : steps;
  },
  autoRequire: ({ keyring }) => (keyring ? [`file[${keyring}]`] : []),
  claims: ({ name }) => ({ whole: [`path:/etc/apt/sources.list.d/${name}.sources`, `path:${keyPath({ name })}`] }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** An archive of packages: `aptRepository("site", { uris: ["http://10.0.0.1/debian"], suites: ["bookworm"], components: ["main"], key })`. */
export const aptRepository = declare({ name: "apt_repository", schema, titleKey: "name" });
