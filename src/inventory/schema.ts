import { z } from "zod";
import { Secret } from "../secret.ts";
import { type Ipv4Address, type MacAddress, parseIpv4, parseMac, parseSubnet, type Subnet } from "../wire/addresses.ts";

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
export const secret = z.string().transform((text) => new Secret(text));

/** RFC 1123 §2.1: letters, digits and hyphens; at most 63 of them. */
export const hostLabel = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a host name: a-z, 0-9 and inner hyphens, at most 63");

const port = z.int().min(1).max(65535);

export const networkSchema = z.strictObject({
  subnet: subnet.describe("The network in CIDR form"),
  interface: z.string().describe("The controller's interface on this network"),
  controller: ipv4Address.describe("The controller's own address on it"),
  gateway: ipv4Address.optional().describe("Router handed to nodes; none: no default route"),
  dns: z.array(ipv4Address).default([]).describe("Name servers handed to nodes"),
  leaseSeconds: z.int().min(120).default(3600),
  pool: z
    .strictObject({ first: ipv4Address, last: ipv4Address })
    .optional()
    .describe("Addresses for unknown MACs; none (the default): unknown MACs get silence"),
});

export const siteSchema = z.strictObject({
  name: hostLabel.describe("Names the state, cache and run directories of this site"),
  domain: z.string().default("local").describe("Domain of the nodes' names"),
  controller: z
    .strictObject({
      namespace: z.string().optional().describe("Network namespace whose interfaces the controller uses (ip-netns(8))"),
      httpPort: port.default(8077).describe("TCP port of boot files, images, packages and callbacks"),
    })
    .prefault({}),
  networks: z.record(hostLabel, networkSchema),
  packages: z
    .strictObject({
      repositories: z
        .record(hostLabel, z.strictObject({ upstream: z.url() }))
        .optional()
        .describe("Package archives offered under /packages/NAME/; none: those of the controller's own apt sources"),
      via: z.string().optional().describe("Unix socket of a forward proxy through which archives are reached"),
    })
    .prefault({}),
  operators: z
    .array(z.strictObject({ name: z.string(), sshKey: z.string().describe("A line as in authorized_keys") }))
    .default([])
    .describe("People whose SSH keys every node carries"),
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
    user: z.string().max(16),
    password: secret.describe("At most 20 bytes (IPMI 2.0 §22.30)"),
    cipherSuites: z.array(z.union([z.literal(17), z.literal(3)])).default([17, 3]),
  }),
  z.strictObject({ driver: z.literal("manual") }),
]);

export const nodeSchema = z.strictObject({
  rack: z.string().optional(),
  groups: z.array(hostLabel).default([]),
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
  bmc: bmcSchema,
  firmware: z.enum(["bios", "uefi"]),
  disks: z.array(diskSelectorSchema).min(1).describe("Where the operating system goes; two for RAID-1"),
  serialConsole: z.string().default("ttyS0,115200"),
  profile: hostLabel,
  roles: z
    .record(
      z.string(),
      z
        .record(z.string(), z.unknown())
        .nullable()
        .transform((value) => value ?? {}),
    )
    .default({}),
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
  }),
  method: z.enum(["image", "preseed", "kickstart", "autoinstall"]).default("image"),
  storage: z.strictObject({ layout: z.enum(["raid1", "raid1-lvm", "single"]).default("raid1") }).prefault({}),
  timezone: z.string().default("UTC"),
  locale: z.string().default("C.UTF-8"),
  users: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be a Unix user name"),
        sshKeys: z.array(z.string()).default([]),
        sudo: z.boolean().default(false),
        passwordHash: secret.optional().describe("crypt(5) hash"),
      }),
    )
    .default([]),
  packages: z.array(z.string()).default([]).describe("Installed with the operating system"),
  repositories: z
    .array(z.strictObject({ name: hostLabel, suite: z.string(), components: z.array(z.string()).min(1) }))
    .default([])
    .describe("Archives the node uses, by their name under the site's packages"),
  kernelArguments: z.array(z.string().regex(/^\S+$/, "one argument each, without blanks")).default([]),
});

export type Network = z.output<typeof networkSchema>;
export type Site = z.output<typeof siteSchema>;
export type DiskSelector = z.output<typeof diskSelectorSchema>;
export type BmcSettings = z.output<typeof bmcSchema>;
export type Profile = z.output<typeof profileSchema>;

/** A node as written, and its name, which is its file's. */
export type Node = z.output<typeof nodeSchema> & { readonly name: string };

export interface Inventory {
  /** The folder that holds site.yaml. */
  readonly root: string;
  readonly site: Site;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly profiles: ReadonlyMap<string, Profile>;
}
