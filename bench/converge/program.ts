import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchHost } from "./host.ts";
import { asEjs, templates } from "./templates.ts";
import type { Workload } from "./workload.ts";

const checkout = join(import.meta.dirname, "../..");

/** The program as an operator has it, with a role more, and a site with one node. */
export interface Program {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Copies the program, adds the workload as a role and writes an inventory that pins the host's key. */
export function installProgram(folder: string, work: Workload, privateKey: string): (host: BenchHost) => Program {
  const program = join(folder, "program");
  for (const name of ["bin", "src", "roles", "package.json", "package-lock.json"])
    cpSync(join(checkout, name), join(program, name), { recursive: true });
  symlinkSync(join(checkout, "node_modules"), join(program, "node_modules"));
  const role = join(program, "roles/bench");
  mkdirSync(join(role, "templates"), { recursive: true });
  writeFileSync(join(role, "work.json"), JSON.stringify(work));
  writeFileSync(join(role, "role.ts"), roleText);
  for (const one of templates) writeFileSync(join(role, `templates/${one.name}.ejs`), asEjs(one));
  writeFileSync(join(program, "roles/list.ts"), listText);
  const state = join(folder, "state/bench");
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(join(state, "id_ed25519"), privateKey, { mode: 0o600 });
  return (host) => {
    writeSite(join(folder, "inventory"), host);
    return {
      argv: [join(program, "bin/provision"), "--json", "--inventory", join(folder, "inventory"), "plan", "bench"],
      environment: {
        PROVISION_STATE_DIR: join(folder, "state"),
        PROVISION_RUN_DIR: join(folder, "run"),
        PROVISION_CACHE_DIR: join(folder, "cache"),
      },
    };
  };
}

const roleText = `import { z } from "zod";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { line } from "../../src/converge/resources/line.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { user } from "../../src/converge/resources/user.ts";
import { defineRole } from "../../src/converge/role.ts";
import work from "./work.json" with { type: "json" };

export const bench = defineRole({
  name: "bench",
  parameters: z.strictObject({}),
  resources: ({ template }) => [
    ...work.packages.map((name) => debianPackage(name)),
    ...work.users.map((name) => user(name, { shell: "/bin/sh" })),
    ...work.directories.map(({ path, mode }) => directory(path, { mode })),
    ...work.lines.map((text) => line(text, { path: "/etc/bench-lines.conf", line: text })),
    ...work.files.map((one) => file(one.path, { content: template(one.template, { ...one }), mode: one.mode })),
  ],
});
`;

const listText = `import { bench } from "./bench/role.ts";
export const roles = [bench];
`;

function writeSite(folder: string, { address, hostKey }: BenchHost): void {
  for (const name of ["nodes", "profiles"]) mkdirSync(join(folder, name), { recursive: true });
  const networks = "{ bench: { subnet: 192.0.2.0/24, interface: lo, controller: 192.0.2.1 } }";
  writeFileSync(join(folder, "site.yaml"), `name: bench\nnetworks: ${networks}\n`);
  writeFileSync(
    join(folder, "profiles/plain.yaml"),
    `os: { family: debian, release: "12", codename: bookworm }
repositories: [{ name: debian, suite: bookworm, components: [main] }]
`,
  );
  writeFileSync(
    join(folder, "nodes/bench.yaml"),
    `interfaces: [{ mac: "52:54:00:77:00:01", network: bench, address: ${address} }]
ssh: { hostKey: "${hostKey}" }
bmc: { driver: manual }
firmware: bios
disks: [{ serial: A }, { serial: B }]
profile: plain
roles: { bench: }
`,
  );
}
