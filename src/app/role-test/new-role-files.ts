/** What a new role consists of; small, but whole: it converges, promises something, and passes `provision test`. */

export interface NewRole {
  /** `page-cache` */
  readonly name: string;
  /** `pageCache` */
  readonly variable: string;
  /** Where the engine is, as role.ts imports it: `../../src/converge`, or `provision` outside of this checkout. */
  readonly engine: string;
}

/** Path below the role's folder → text. */
export const newRoleFiles = (role: NewRole): Readonly<Record<string, string>> => ({
  "role.ts": roleText(role),
  "README.md": readmeText(role),
  [`templates/${role.name}.conf.ejs`]: configurationText,
  [`templates/${role.name}.service.ejs`]: unitText,
});

const roleText = ({ name, variable, engine }: NewRole) => `import { z } from "zod";
import { file } from "${engine}/resources/file.ts";
import { service } from "${engine}/resources/service.ts";
import { defineRole } from "${engine}/role.ts";

const parameters = z.strictObject({
  greeting: z.string().default("hello").describe("What the service says when it starts"),
});

const configurationPath = "/etc/${name}.conf";
const unitPath = "/etc/systemd/system/${name}.service";

/** A service that says its greeting. Replace it by what the role is for. */
export const ${variable} = defineRole({
  name: "${name}",
  parameters,
  resources({ parameters: { greeting }, node, template }) {
    const configuration = file(configurationPath, {
      content: template("${name}.conf", { greeting, node: node.name }),
    });
    const unit = file(unitPath, { content: template("${name}.service", { configuration: configurationPath }) });
    return [
      configuration,
      unit,
      service("${name}.service", { enabled: true, running: true, subscribe: [configuration, unit] }),
    ];
  },
  verify: ({ parameters: { greeting } }) => [
    { kind: "service", says: "the service runs steadily", unit: "${name}.service" },
    {
      kind: "command",
      says: "it said its greeting",
      argv: ["journalctl", "--no-pager", "-o", "cat", "-u", "${name}.service"],
      prints: \`^\${greeting} from \`,
    },
  ],
  cases: [
    { name: "usual", parameters: {} },
    { name: "another-greeting", parameters: { greeting: "good morning" } },
  ],
});
`;

const readmeText = ({ name }: NewRole) => `# ${name}

A service that says its greeting. Replace it by what the role is for.

| resource                    | from       |
| --------------------------- | ---------- |
| \`/etc/${name}.conf\`, its unit | \`greeting\` |

## Parameters

| name       | default | meaning                              |
| ---------- | ------- | ------------------------------------ |
| \`greeting\` | \`hello\` | What the service says when it starts |
`;

const configurationText = `GREETING="<%- it.greeting %> from <%- it.node %>"
`;

const unitText = `[Unit]
Description=Says a greeting

[Service]
EnvironmentFile=<%- it.configuration %>
ExecStart=/bin/sh -c 'echo "$GREETING"; exec sleep infinity'

[Install]
WantedBy=multi-user.target
`;
