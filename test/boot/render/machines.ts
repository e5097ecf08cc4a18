import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AnswerKind,
  type AnswerRequest,
  compileAnswers,
  type TemplateName,
  templateFiles,
} from "../../../src/boot/render/answer.ts";
import { nodeSchema, profileSchema, siteSchema } from "../../../src/inventory/schema.ts";
import { Secret } from "../../../src/secret.ts";

const folder = join(import.meta.dirname, "../../../templates");

export const templateTexts = Object.fromEntries(
  Object.entries(templateFiles).map(([name, file]) => [name, readFileSync(join(folder, file), "utf8")]),
) as Record<TemplateName, string>;

export const templates = compileAnswers(templateTexts);

export const site = siteSchema.parse({
  name: "test",
  domain: "rack.test",
  networks: {
    rack: {
      subnet: "192.0.2.0/24",
      interface: "eth0",
      controller: "192.0.2.1",
      gateway: "192.0.2.254",
      dns: ["192.0.2.53", "192.0.2.54"],
    },
    store: { subnet: "198.51.100.0/25", interface: "eth1", controller: "198.51.100.1" },
  },
  operators: [{ name: "ada", sshKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAda ada@desk" }],
});

export const oses = {
  debian12: { os: { family: "debian", release: "12", codename: "bookworm" }, method: "preseed" },
  debian13: { os: { family: "debian", release: "13", codename: "trixie" }, method: "preseed" },
  ubuntu2204: { os: { family: "ubuntu", release: "22.04" }, method: "autoinstall" },
  ubuntu2404: { os: { family: "ubuntu", release: "24.04" }, method: "autoinstall" },
  rhel8: { os: { family: "rhel", release: "8" }, method: "kickstart" },
  rhel9: { os: { family: "rhel", release: "9" }, method: "kickstart" },
  rhel10: { os: { family: "rhel", release: "10" }, method: "kickstart" },
  image: { os: { family: "debian", release: "12" }, method: "image" },
} as const;

export type Os = keyof typeof oses;
export type Layout = "raid1" | "raid1-lvm" | "single";
export type Firmware = "bios" | "uefi";

const repositories = {
  debian: [
    { name: "debian", suite: "bookworm", components: ["main", "non-free-firmware"] },
    { name: "debian-security", suite: "bookworm-security", components: ["main"] },
  ],
  ubuntu: [{ name: "ubuntu", suite: "noble", components: ["main", "universe"] }],
  rhel: [{ name: "rocky", suite: "9", components: ["BaseOS", "AppStream"] }],
};

const iso = {
  kernel: "/packages/ubuntu-netboot/linux",
  initrd: "/packages/ubuntu-netboot/initrd",
  image: "/packages/ubuntu-netboot/server.iso",
};

export interface Variant {
  readonly os: Os;
  readonly layout?: Layout;
  readonly firmware?: Firmware;
}

/** A machine of this kind, with users, keys, packages, two interfaces and a token. */
export function machine(kind: AnswerKind, { os, layout = "raid1", firmware = "uefi" }: Variant): AnswerRequest {
  const family = oses[os].os.family;
  const disks = [
    { serial: "WD-1", ...(family === "ubuntu" ? {} : { wwn: "50014EE2B1" }) },
    { serial: "WD-2", minBytes: 500_000_000_000 },
  ];
  const node = nodeSchema.parse({
    interfaces: [
      { mac: "52:54:00:00:00:01", network: "rack", address: "192.0.2.11" },
      { mac: "52:54:00:00:00:02", network: "store", address: "198.51.100.11" },
    ],
    bmc: { driver: "manual" },
    firmware,
    disks: layout === "single" ? disks.slice(0, 1) : disks,
    profile: os,
  });
  const profile = profileSchema.parse({
    ...oses[os],
    storage: { layout },
    timezone: "Europe/Berlin",
    users: [
      {
        name: "ops",
        fullName: "Operations O'Hara",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOps ops@desk"],
        sudo: true,
      },
      { name: "guest", passwordHash: "$6$salt$canaryhash" },
    ],
    packages: ["chrony"],
    repositories: repositories[family].map((one) =>
      family === "debian"
        ? { ...one, suite: one.suite.replace("bookworm", os === "debian13" ? "trixie" : "bookworm") }
        : one,
    ),
    kernelArguments: ["mitigations=off"],
    ...(family === "ubuntu" ? { installer: iso } : {}),
  });
  const ramdisk = {
    kernel: "http://192.0.2.1:8077/images/abc/vmlinuz",
    initrd: "http://192.0.2.1:8077/images/def/ramdisk.cpio",
  };
  return { kind, site, node: { ...node, name: "n1" }, profile, token: new Secret("canarytoken"), ramdisk };
}

export const kindOf: Readonly<Record<Os, AnswerKind>> = {
  debian12: "preseed",
  debian13: "preseed",
  ubuntu2204: "autoinstall",
  ubuntu2404: "autoinstall",
  rhel8: "kickstart",
  rhel9: "kickstart",
  rhel10: "kickstart",
  image: "ipxe",
};
