import { z } from "zod";
import type { Resource } from "../../src/converge/resource.ts";
import { authorizedKey } from "../../src/converge/resources/authorized-key.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { hostEntry } from "../../src/converge/resources/host-entry.ts";
import { link } from "../../src/converge/resources/link.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import { defineRole, type NodeView, type RoleContext } from "../../src/converge/role.ts";

const parameters = z.strictObject({
  packages: z.array(z.string()).default([]).describe("Packages that every such node has; none by default"),
  sysctl: z
    .record(z.string(), z.union([z.string(), z.int()]).transform(String))
    .default({ "net.core.somaxconn": "4096", "net.ipv4.tcp_syncookies": "1" })
    .describe("Kernel settings, now and at boot"),
  journalMaxUse: z
    .string()
    .regex(/^\d+[KMGT]$/, 'must be a size such as "200M"')
    .default("200M")
    .describe("Disk space that the journal may take (journald.conf(5), SystemMaxUse)"),
  motd: z.string().default("").describe("A further line of the greeting after login"),
});

type Context = RoleContext<z.output<typeof parameters>>;

/** What every node is: named, in its time zone, with its archives and its operators. */
export const base = defineRole({
  name: "base",
  parameters,
  resources: (context) => [
    ...identity(context),
    ...archives(context),
    ...clockZone(context.node),
    ...context.parameters.packages.map((name) => debianPackage(name)),
    ...context.node.operators.map(({ name, sshKey }) =>
      authorizedKey(`${name} on root`, { user: "root", key: sshKey }),
    ),
    ...Object.entries(context.parameters.sysctl).map(([key, value]) => sysctl(key, { value })),
    ...journal(context),
  ],
  verify: ({ node }) => [
    { kind: "command", says: "the node bears its name", argv: ["cat", "/etc/hostname"], prints: `^${node.name}$` },
  ],
  cases: [
    {
      name: "usual",
      parameters: {},
      breaks: [
        { says: "the greeting is deleted", run: ["rm", "/etc/motd"] },
        {
          says: "someone gives its name another address",
          run: ["sed", "-i", "/^127/!s/^[0-9][0-9.]*/192.0.2.99/", "/etc/hosts"],
        },
        { says: "a kernel setting is changed", run: ["sysctl", "-w", "net.core.somaxconn=128"] },
      ],
    },
  ],
});

const identity = ({ node, parameters: { motd }, template }: Context): Resource[] => [
  file("/etc/hostname", { content: `${node.name}\n` }),
  hostEntry(`${node.name}.${node.domain}`, { address: node.address, aliases: [node.name] }),
  file("/etc/motd", { content: template("motd", { name: node.name, motd }) }),
];

/** The profile's archives and no others; without any in the profile, what the installation left stays. */
function archives({ node, template }: Context): Resource[] {
  if (node.repositories.length === 0 || node.os.family === "rhel") return [];
  const keyring = `/usr/share/keyrings/${node.os.family}-archive-keyring.gpg`;
  return [
    file("/etc/apt/sources.list", { content: "# See sources.list.d/provision.sources\n" }),
    file("/etc/apt/sources.list.d/provision.sources", {
      content: template("provision.sources", { repositories: node.repositories, keyring }),
    }),
  ];
}

function clockZone({ timezone }: NodeView): Resource[] {
  const zoneinfo = timezone === "UTC" ? [] : [debianPackage("tzdata")];
  return [
    ...zoneinfo,
    file("/etc/timezone", { content: `${timezone}\n` }),
    link("/etc/localtime", { target: `/usr/share/zoneinfo/${timezone}`, require: zoneinfo }),
  ];
}

function journal({ parameters: { journalMaxUse } }: Context): Resource[] {
  const limits = file("/etc/systemd/journald.conf.d/50-provision.conf", {
    content: `[Journal]\nSystemMaxUse=${journalMaxUse}\n`,
  });
  return [
    directory("/etc/systemd/journald.conf.d"),
    limits,
    service("systemd-journald.service", { running: true, subscribe: [limits] }),
  ];
}
