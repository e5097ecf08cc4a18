import type { DiskSelector, Profile } from "../../inventory/schema.ts";
import { compileTemplate } from "../../template.ts";
import { quoteSh } from "../../transport/quote.ts";
import type { Ipv4Address, MacAddress } from "../../wire/addresses.ts";
import { machineFiles } from "./deploy-files.ts";

export interface DeployInterface {
  readonly mac: MacAddress;
  /** `dhcp`: the reservation gives it its address. `static`: it is written into the system. */
  readonly method: "dhcp" | "static";
  readonly address: Ipv4Address;
  readonly prefixLength: number;
  readonly gateway?: Ipv4Address | undefined;
}

/** Everything that the deploy script says about one machine and one install. */
export interface DeployInput {
  readonly node: string;
  readonly domain: string;
  /** May disks that carry something be erased? */
  readonly erase: boolean;
  /** The system is mirrored over all of them; over one alone it is a mirror with one half. */
  readonly disks: readonly DiskSelector[];
  readonly image: {
    /** Plain http, reachable from the machine; no user, query or fragment. */
    readonly url: string;
    /** A multiple of 1 MiB. */
    readonly sizeBytes: number;
    /** Hexadecimal. What the machine reads back is compared with one of them, see {@link digestFor}. */
    readonly digests: { readonly blake2b256: string; readonly xxh64: string };
    readonly kernel: "cloud" | "generic";
  };
  readonly interfaces: readonly DeployInterface[];
  readonly dns: readonly Ipv4Address[];
  /** Lines as in authorized_keys for root: the controller's key and the operators'. */
  readonly rootKeys: readonly string[];
  readonly users: Profile["users"];
  readonly timezone: string;
  /** As in the kernel's `console=`: "ttyS0,115200". */
  readonly serialConsole: string;
  readonly kernelArguments: readonly string[];
  /** http://controller:port/packages, under which the archives are by name. */
  readonly packagesUrl: string;
  readonly repositories: Profile["repositories"];
}

/**
 * The script that the deploy ramdisk fetches and runs: POSIX but for /dev/tcp (bash). Every value is quoted for the shell.
 * `template` is the text of templates/deploy/deploy.sh.ejs.
 */
export function renderDeploy(template: string, input: DeployInput): string {
  return compileTemplate(
    "templates/deploy/deploy.sh.ejs",
    template,
  )({
    sh: quoteSh,
    comment: input.node.replaceAll(/[^a-z0-9-]/g, ""),
    image: input.image,
    digest: digestFor(input.image),
    erase: input.erase,
    disks: input.disks.map(({ serial = "", wwn = "", minBytes = 0 }) => ({ serial, wwn: plainWwn(wwn), minBytes })),
    timezone: input.timezone,
    kernelArguments: kernelLine(input),
    grubSerial: grubSerial(input.serialConsole),
    grubTimeoutSeconds: input.image.kernel === "cloud" ? 0 : 2,
    packagesPrefix: listPrefix(input.packagesUrl),
    files: machineFiles(input),
    users: input.users.map(({ name, sshKeys, passwordHash }) => ({
      name,
      authorizedKeys: sshKeys.map((key) => `${key}\n`).join(""),
      passwordHash: passwordHash?.reveal() ?? "",
    })),
  });
}

/**
 * What the machine compares after it has read its disks back. Real processors do 1 GB/s of BLAKE2b. Emulated ones do 20 to 40 MB/s
 * of it and ten times as much of XXH64, which is enough here: plain HTTP carries script and image, so it is about faults, not foes.
 */
function digestFor({ kernel, digests }: DeployInput["image"]): { hex: string; command: string } {
  if (kernel === "cloud") return { hex: digests.xxh64, command: "xxhsum -H1" };
  return { hex: digests.blake2b256, command: "b2sum --length 256" };
}

/** As the script reads it from sysfs: digits only, in lower case. */
export const plainWwn = (wwn: string): string => wwn.toLowerCase().replace(/^(?:wwn-)?(?:naa\.|eui\.|uuid\.|0x)?/, "");

function kernelLine({ serialConsole, kernelArguments, image }: DeployInput): string {
  // Real machines also have a screen; the last console named is the one that init writes to.
  const consoles = image.kernel === "cloud" ? [] : ["console=tty0"];
  return [...consoles, `console=${serialConsole}`, "quiet", ...kernelArguments].map(quoteGrub).join(" ");
}

/** One word of a GRUB command (GRUB manual, "Quoting"): nothing is special between single quotes but the single quote. */
export const quoteGrub = (text: string): string =>
  /^[A-Za-z0-9_.,:=/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** GRUB's own commands for a console such as "ttyS1,9600n8"; nothing if it isn't a serial port. */
export function grubSerial(console: string): string {
  const [, unit, speed = "115200"] = /^ttyS(\d+)(?:,(\d+))?/.exec(console) ?? [];
  if (unit === undefined) return "";
  return `serial --unit=${unit} --speed=${speed}\nterminal_input serial console\nterminal_output serial console\n`;
}

/** How apt names the files of an archive's indices: the URL without its scheme, `/` as `_` (apt's URItoFileName). */
export function listPrefix(url: string): string {
  const bare = url.replace(/^[a-z+]+:\/\//, "").replace(/\/+$/, "");
  const quoted = bare.replaceAll(/[\\|{}[\]<>"^~_=!@#$%^&*\s]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return quoted.replaceAll("/", "_");
}
