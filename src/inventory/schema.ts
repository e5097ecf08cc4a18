import { z } from "zod";
import { type Ipv4Address, type MacAddress, parseIpv4, parseMac, parseSubnet, type Subnet } from "../wire/addresses.ts";
import { backupSchema, baySchema, diskWatchSchema } from "./disk-schema.ts";
import { secretText } from "./secret-text.ts";
import { nodeSshSchema, siteSshSchema } from "./ssh-schema.ts";

/**
 * The inventory as the operator writes it. Every object is closed: an unknown key is an error.
 * Descriptions feed the CLI's help, the docs and forms.
 */

const parsed = <T>(parse: (text: string) => T | undefined, what: string) =>
  z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `${JSON.stringify(text)} is not ${what}` });
    return z.NEVER;
  });

export const macAddress = parsed<MacAddress>(parseMac, "a MAC address such as 52:54:00:77:00:01");
export const ipv4Address = parsed<Ipv4Address>(parseIpv4, "an IPv4 address such as 10.77.0.11");
export const subnet = parsed<Subnet>(parseSubnet, "a subnet such as 10.77.0.0/24 (host bits must be zero)");

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** IPMI 2.0 §22.30: a 2.0 password is 20 bytes. A BMC cuts off the rest silently, or refuses it at the next login. */
const ipmiPassword = secretText((text) =>
  bytesOf(text) <= 20 ? undefined : "must be at most 20 bytes long, or the BMC will not take it",
);

const text = (pattern: RegExp, what: string) => z.string().regex(pattern, what);

/** One line of authorized_keys(5): a key type, base64 and perhaps a comment; no options before it. */
export const publicKey = text(
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d{3}|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]+=*(?: [^\r\n]*)?$/,
  "must be one line as in id_ed25519.pub: type, key, comment",
);

const pathWord = text(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, "must be a suite or component such as bookworm, main or BaseOS");

/** Every package manager's names, and dnf's groups (`@^minimal-environment`). */
const packageName = text(/^@?\^?[A-Za-z0-9][A-Za-z0-9+.:_~-]*$/, "must be a package name, or @group");

/** RFC 1123 §2.1: letters, digits and hyphens; at most 63 of them. */
export const hostLabel = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a host name: a-z, 0-9 and inner hyphens, at most 63");

const port = z.int().min(1).max(65535);

export const networkSchema = z.strictObject({
  subnet: subnet.describe("The network in CIDR form"),
  interface: text(/^[^\s/]{1,15}$/, "must be an interface name of at most 15 characters").describe(
    "The controller's interface on this network",
  ),
  controller: ipv4Address.describe("The controller's own address on it"),
  gateway: ipv4Address.optional().describe("Router handed to nodes; none: no default route"),
  dns: z.array(ipv4Address).default([]).describe("Name servers handed to nodes"),
  leaseSeconds: z.int().min(120).default(3600),
  pool: z
    .strictObject({ first: ipv4Address, last: ipv4Address })
    .optional()
    .describe("Addresses for unknown MACs; none (the default): unknown MACs get silence"),
});

/** Parameters by role; a role without any stands there with nothing behind it. Its own schema says what may be secret. */
const roleTable = z.record(
  z.string(),
  z
    .record(z.string(), z.unknown().meta({ secret: true }))
    .nullable()
    .transform((value) => value ?? {}),
);

/** What a file gives to each node that it speaks for. */
const levelKeys = {
  roles: roleTable
    .default({})
    .describe("Roles that every such node has, in the order of the work, with their parameters"),
  parameters: roleTable
    .default({})
    .describe("Parameters for such nodes as have the role from elsewhere; gives the role to nobody"),
};

export const groupSchema = z.strictObject({
  description: z.string().optional().describe("What its nodes have in common, for people"),
  ...levelKeys,
});

/** age-encryption.org/v1, X25519: Bech32 of 32 bytes with the prefix "age". */
const ageRecipient = text(/^age1[02-9ac-hj-np-z]{58}$/, "must be the public half of an age key: age1 and 58 more");

export const siteSchema = z.strictObject({
  name: hostLabel.describe("Names the state, cache and run directories of this site"),
  domain: text(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, "must be a domain name")
    .default("local")
    .describe("Domain of the nodes' names"),
  controller: z
    .strictObject({
      namespace: z.string().optional().describe("Network namespace whose interfaces the controller uses (ip-netns(8))"),
      httpPort: port.default(8077).describe("TCP port of boot files, images, packages and callbacks"),
      noDhcpSeconds: z
        .int()
        .min(5)
        .default(120)
        .describe("How long after power-on a machine may be silent before its install fails"),
    })
    .prefault({}),
  ssh: siteSshSchema.prefault({}).describe("How the controller reaches all nodes"),
  networks: z.record(hostLabel, networkSchema),
  packages: z
    .strictObject({
      repositories: z
        .record(
          hostLabel,
          z.strictObject({
            upstream: z.url(),
            unsigned: z
              .boolean()
              .optional()
              .describe("An archive of your own that carries no signature: installers take it as it is"),
          }),
        )
        .optional()
        .describe("Package archives offered under /packages/NAME/; none: those of the controller's own apt sources"),
      via: z.string().optional().describe("Unix socket of a forward proxy through which archives are reached"),
    })
    .prefault({}),
  installers: z
    .record(hostLabel, text(/^\/./, "must be an absolute path of a folder on the controller"))
    .default({})
    .describe("Folders of distributions' installers on the controller, offered under /installers/NAME/"),
  operators: z
    .array(z.strictObject({ name: z.string(), sshKey: publicKey.describe("A line as in authorized_keys") }))
    .default([])
    .describe("People whose SSH keys every node carries"),
  diskWatch: diskWatchSchema.optional().describe("How `provision disk watch` looks after disks, and whom it tells"),
  ...levelKeys,
  secrets: z
    .strictObject({
      recipients: z.array(ageRecipient).min(1).describe("For whom values are encrypted: age keys' public halves"),
    })
    .optional()
    .describe("Needed to write !secret values; see `provision secret init`"),
});

export const diskSelectorSchema = z
  .strictObject({
    serial: z.string().optional(),
    wwn: z.string().optional(),
    minBytes: z.int().optional().describe("Smallest size in bytes; narrows a serial or WWN, or selects alone"),
  })
  .refine((disk) => Object.keys(disk).length > 0, "a disk needs a serial, a wwn or minBytes");

export const bmcSchema = z.discriminatedUnion("driver", [
  z.strictObject({
    driver: z.literal("ipmi"),
    address: ipv4Address,
    port: port.default(623),
    user: z.string().max(16).describe("At most 16 bytes (IPMI 2.0 §22.28)"),
    password: ipmiPassword.describe("At most 20 bytes (IPMI 2.0 §22.30)"),
    cipherSuites: z.array(z.union([z.literal(17), z.literal(3)])).default([17, 3]),
  }),
  z.strictObject({ driver: z.literal("manual") }),
]);

export const nodeSchema = z.strictObject({
  rack: z.string().optional(),
  groups: z.array(hostLabel).default([]).describe("What a later one says wins over what an earlier one says"),
  interfaces: z
    .array(
      z.strictObject({
        mac: macAddress,
        network: hostLabel,
        address: ipv4Address.describe("Reserved for this MAC; the first interface's is where SSH connects"),
      }),
    )
    .min(1)
    .describe("The first one boots"),
  ssh: nodeSshSchema.prefault({}).describe("How the controller reaches this one"),
  bmc: bmcSchema,
  firmware: z.enum(["bios", "uefi"]),
  disks: z.array(diskSelectorSchema).min(1).describe("Where the operating system goes; two for RAID-1"),
  bays: z.array(baySchema).optional().describe("Where its disks are, as the chassis's labels have it"),
  hotSwap: z.boolean().optional().describe("Can disks be changed while it runs? None: nobody knows"),
  backups: z.array(backupSchema).optional().describe("How what it holds is backed up; a disk is changed only with one"),
  serialConsole: text(/^tty[A-Za-z]+\d+,\d+[neo]?\d?$/, "must be like ttyS0,115200").default("ttyS0,115200"),
  profile: hostLabel,
  roles: roleTable.default({}).describe("After those of the site and of its groups; a parameter here wins over theirs"),
  virtual: z
    .strictObject({
      cpus: z.int().min(1).max(64).default(2),
      memoryMiB: z.int().min(256).default(1536),
      diskMiB: z.int().min(1024).default(4096),
    })
    .optional()
    .describe("Made by `provision lab up` as a virtual machine with a simulated BMC"),
});

export const profileSchema = z.strictObject({
  os: z.strictObject({
    family: z.enum(["debian", "ubuntu", "rhel"]),
    release: z.string().describe('"12", "24.04", "9"'),
    codename: z.string().optional().describe('Debian and Ubuntu suites: "bookworm", "noble"'),
    kernel: z
      .enum(["generic", "cloud"])
      .default("generic")
      .describe("Of a built image: cloud is smaller and knows only the disks and cards of virtual machines"),
  }),
  method: z.enum(["image", "preseed", "kickstart", "autoinstall"]).default("image"),
  firmware: z
    .array(z.enum(["bios", "uefi"]))
    .min(1)
    .optional()
    .describe("The firmware on which this profile can be installed; none: both"),
  installer: z
    .strictObject({
      kernel: z
        .string()
        .describe("URL, or a path below the controller: /installers/NAME/linux, /packages/NAME/…/linux"),
      initrd: z.string(),
      image: z.string().optional().describe("The live image that the installer runs from (Ubuntu: the server ISO)"),
    })
    .optional()
    .describe("Where the distribution's own installer is; none: in the first of the repositories"),
  storage: z.strictObject({ layout: z.enum(["raid1", "raid1-lvm", "single"]).default("raid1") }).prefault({}),
  timezone: text(/^[A-Za-z0-9_+/-]+$/, "must be a zone such as Europe/Berlin").default("UTC"),
  locale: text(/^[A-Za-z0-9_.@-]+$/, "must be a locale such as C.UTF-8").default("C.UTF-8"),
  users: z
    .array(
      z.strictObject({
        name: text(/^[a-z_][a-z0-9_-]{0,31}$/, "must be a Unix user name"),
        fullName: text(/^[^:\r\n]*$/, "must not hold a colon or a line break (passwd(5))").optional(),
        sshKeys: z.array(publicKey).default([]),
        sudo: z.boolean().default(false),
        passwordHash: secretText().optional().describe("crypt(5) hash"),
      }),
    )
    .default([]),
  packages: z.array(packageName).default([]).describe("Installed with the operating system"),
  repositories: z
    .array(z.strictObject({ name: hostLabel, suite: pathWord, components: z.array(pathWord).min(1) }))
    .default([])
    .describe("Archives the node uses, by their name under the site's packages"),
  kernelArguments: z
    .array(
      text(
        /^[^\s"'`$\\]+$/,
        "one argument each, without blanks, quotes, backslashes or $: boot loaders can't pass them on",
      ),
    )
    .default([]),
});

export type Network = z.output<typeof networkSchema>;
export type Site = z.output<typeof siteSchema>;
export type DiskSelector = z.output<typeof diskSelectorSchema>;
export type BmcSettings = z.output<typeof bmcSchema>;
export type Profile = z.output<typeof profileSchema>;
export type Group = z.output<typeof groupSchema>;
export type RoleTable = z.output<typeof roleTable>;

/** A node as written, and its name, which is its file's. */
export type Node = z.output<typeof nodeSchema> & { readonly name: string };

export interface Inventory {
  /** The folder that holds site.yaml. */
  readonly root: string;
  readonly site: Site;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Those with a file; a group without one is a label only. */
  readonly groups: ReadonlyMap<string, Group>;
}
