import { ProvisionError } from "../../errors.ts";
import { compileTemplate, type TemplateData } from "../../template.ts";
import { fail } from "./errors.ts";
import { installer, type Ramdisk, rhelTree } from "./loaders.ts";
import { type Machine, type MachineView, viewMachine } from "./machine.ts";
import { q } from "./quote.ts";
import { copyEsp, findDisk, firstBootFiles, networkFiles } from "./scripts.ts";
import { serialGlob, storageActions } from "./storage.ts";

/** Where each template is, below the templates' folder. The caller reads them. */
export const templateFiles = {
  kickstart: "kickstart/kickstart.ejs",
  preseed: "preseed/preseed.ejs",
  autoinstall: "autoinstall/user-data.ejs",
  ipxe: "ipxe/install.ejs",
  "ipxe-local": "ipxe/local.ejs",
  grub: "grub/install.ejs",
  "grub-local": "grub/local.ejs",
} as const;

export type TemplateName = keyof typeof templateFiles;
export type AnswerTemplates = Readonly<Record<TemplateName, (it: TemplateData) => string>>;

/** What a machine can be handed while it is being installed. */
export const answerKinds = ["kickstart", "preseed", "autoinstall", "ipxe", "grub"] as const;
export type AnswerKind = (typeof answerKinds)[number];

export interface AnswerRequest extends Machine {
  readonly kind: AnswerKind;
  /** For `ipxe` and `grub` of a profile that installs from an image. */
  readonly ramdisk?: Ramdisk;
}

/** Compiles all templates once; errors name them as `templates/kickstart/kickstart.ejs`. */
export function compileAnswers(texts: Readonly<Record<TemplateName, string>>): AnswerTemplates {
  const names = Object.keys(templateFiles) as TemplateName[];
  const compiled = names.map((name) => [name, compileTemplate(`templates/${templateFiles[name]}`, texts[name])]);
  return Object.fromEntries(compiled) as AnswerTemplates;
}

/**
 * What a machine is handed. Secrets (the token, password hashes) are `***` unless `reveal`.
 * Throws `render-family`, `render-no-image`, `render-unquotable`, `template-undefined`, `template-broken`.
 */
export function renderAnswer(templates: AnswerTemplates, request: AnswerRequest): string {
  const { kind, node, profile } = request;
  const family = familyOf[kind];
  if (family && family !== profile.os.family)
    throw fail("render-family", { kind, profile: node.profile, family: profile.os.family });
  const view = viewMachine(request);
  return render(templates[kind], { ...view, ...extras[kind](view, request) });
}

/** What a machine is handed that is not to be installed now: the way to its own disk. */
export function renderLocalBoot(
  templates: AnswerTemplates,
  loader: "ipxe" | "grub",
  firmware: "bios" | "uefi",
): string {
  return render(templates[`${loader}-local`], { firmware });
}

const familyOf: Readonly<Partial<Record<AnswerKind, string>>> = {
  kickstart: "rhel",
  preseed: "debian",
  autoinstall: "ubuntu",
};

type Extras = (view: MachineView, request: AnswerRequest) => TemplateData;

const bootFiles: Extras = (view, { profile, ramdisk }) => ({ files: installer(view, profile, ramdisk) });

/** GRUB's own way to write a URL: `(http,10.77.0.1:8077)/images/…`. */
function grubPath(url: string): string {
  const { host, pathname } = new URL(url);
  return `(http,${host})${decodeURIComponent(pathname)}`;
}

/** What only one kind needs. */
const extras: Readonly<Record<AnswerKind, Extras>> = {
  kickstart: (view) => ({
    findDisk,
    files: [...firstBootFiles(view), ...(view.raid && view.firmware === "uefi" ? [copyEsp] : [])],
    trees: view.repositories.flatMap(({ components, suite, url, name }) =>
      components.map((part) => ({ name: `${name}-${part}`, url: `${url}/${suite}/${part}/x86_64/os/` })),
    ),
    mainTree: rhelTree(view),
  }),
  preseed: (view) => ({
    findDisk,
    files: [
      ...firstBootFiles(view),
      ...networkFiles(view.interfaces),
      ...(view.raid && view.firmware === "uefi" ? [copyEsp] : []),
    ],
    unsigned: view.repositories.some((one) => one.unsigned),
    archives: debianArchives(view),
  }),
  autoinstall: (view) => ({
    findDisk,
    files: firstBootFiles(view),
    storage: storageActions(view),
    globs: view.disks.map(serialGlob),
    mirror: view.repositories[0] ?? null,
  }),
  ipxe: bootFiles,
  grub: (view, { profile, ramdisk }) => {
    const files = installer(view, profile, ramdisk);
    return { files: { ...files, kernel: grubPath(files.kernel), initrd: grubPath(files.initrd) } };
  },
};

/** The archives beside the mirror that the installer itself uses, and what that one has beside main. */
function debianArchives({ repositories }: MachineView) {
  const [mirror, ...others] = repositories;
  const rest = mirror?.components.filter((component) => component !== "main") ?? [];
  const all = mirror && rest.length > 0 ? [{ ...mirror, components: rest }, ...others] : others;
  return all.map(({ components, ...one }) => ({ ...one, components: components.join(" ") }));
}

function render(template: (it: TemplateData) => string, data: TemplateData): string {
  try {
    return template({ ...data, q });
  } catch (thrown) {
    throw ownError(thrown);
  }
}

/** A quoting function's refusal comes wrapped as a broken template; the template is good, so only its line is kept. */
function ownError(thrown: unknown): unknown {
  const inner = thrown instanceof ProvisionError ? thrown.cause : undefined;
  if (!(thrown instanceof ProvisionError) || !(inner instanceof ProvisionError)) return thrown;
  const message = inner.message.split("\n\n").at(-1) ?? inner.message;
  const record = { ...inner.toJSON(), message };
  return new ProvisionError(thrown.place ? { ...record, place: thrown.place } : record, { cause: thrown });
}
