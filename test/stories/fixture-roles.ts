import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Roles outside of this checkout, as someone else has them: each with one flaw, or several hosts. */
const roles: Readonly<Record<string, string>> = {
  "never-settles": `
  resources: () => [
    file("/etc/growing.conf", { content: "first line\\n" }),
    file("/etc/systemd/system/grower.service", {
      content: "[Service]\\nExecStart=/bin/sh -c 'echo one more line >> /etc/growing.conf; exec sleep infinity'\\n",
    }),
    service("grower.service", { running: true }),
  ],
  cases: [{ name: "usual", parameters: {} }],`,

  "restarts-always": `
  resources: () => [
    file("/etc/systemd/system/napper.service", { content: "[Service]\\nExecStart=/bin/sleep infinity\\n" }),
    service("napper.service", { running: true }),
    exec("restart napper", { argv: ["systemctl", "restart", "napper.service"] }),
  ],
  cases: [{ name: "usual", parameters: {} }],`,

  "promises-too-much": `
  resources: () => [file("/etc/promise", { content: "" })],
  verify: () => [
    { kind: "command", says: "the promise is there", argv: ["test", "-e", "/etc/promise"] },
    { kind: "port", says: "somebody listens on 4711", port: 4711 },
  ],
  cases: [{ name: "usual", parameters: {} }],`,

  "overlooks-much": `
  resources: () => [file("/etc/watched", { content: "" })],
  cases: [{ name: "usual", parameters: {}, breaks: [{ says: "another file is deleted", run: ["rm", "/etc/issue"] }] }],`,

  "wants-a-disk": `
  resources: () => [file("/etc/watched", { content: "" })],
  cases: [{ name: "on-disks", parameters: {}, on: "vm" }],`,

  pair: `
  rollout: { serial: 1, bootstrap: "once" },
  resources: ({ node, cluster, parameters }) => [
    file("/etc/pair/members", { content: cluster.members.map(({ name, address }) => name + " " + address + "\\n").join("") }),
    file("/etc/pair/site", { content: parameters.site + "\\n" }),
    directory("/etc/pair"),
    ...(cluster.bootstrap ? [exec("begin", { argv: ["sh", "-c", "echo begun > /var/lib/begun"], creates: "/var/lib/begun" })] : []),
  ],
  verify: ({ cluster, node }) => [
    { kind: "command", says: "all members answer by SSH", argv: ["bash", "-c", cluster.members.map(({ address }) => "exec 3<>/dev/tcp/" + address + "/22").join(" && ")] },
    { kind: "command", says: "only the first one began", argv: ["sh", "-c", node.name === "pair1" ? "test -e /var/lib/begun" : "test ! -e /var/lib/begun"] },
  ],
  cases: [
    {
      name: "two",
      hosts: 2,
      parameters: ({ siteAddress, hosts }) => ({ site: [siteAddress, ...hosts.map(({ name }) => name)].join(" ") }),
    },
  ],`,
};

const head = (name: string) => `import { z } from "zod";
import { directory } from "provision/resources/directory.ts";
import { exec } from "provision/resources/exec.ts";
import { file } from "provision/resources/file.ts";
import { service } from "provision/resources/service.ts";
import { defineRole } from "provision/role.ts";

void [directory, exec, file, service];

export const role = defineRole({
  name: "${name}",
  parameters: z.strictObject({ site: z.string().default("").describe("Where it is tried") }),`;

/** Writes them all; returns the path of one by its name. */
export function writeFixtureRoles(folder: string): (name: string) => string {
  for (const [name, body] of Object.entries(roles)) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "role.ts"), `${head(name)}${body}\n});\n`);
  }
  return (name) => join(folder, name);
}
