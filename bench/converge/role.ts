import { z } from "zod";
import { type Catalogue, compileCatalogue } from "../../src/converge/catalogue.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { line } from "../../src/converge/resources/line.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { user } from "../../src/converge/resources/user.ts";
import { type AnyRole, defineRole, type NodeView } from "../../src/converge/role.ts";
import { asEjs, templates } from "./templates.ts";
import { linesFile, userShell, type Workload } from "./workload.ts";

/** The workload as a role of provision. */
export const benchRole = (work: Workload): AnyRole =>
  defineRole({
    name: "bench",
    parameters: z.strictObject({}),
    resources: ({ template }) => [
      ...work.packages.map((name) => debianPackage(name)),
      ...work.users.map((name) => user(name, { shell: userShell })),
      ...work.directories.map(({ path, mode }) => directory(path, { mode })),
      ...work.lines.map((text) => line(text, { path: linesFile, line: text })),
      ...work.files.map((one) => file(one.path, { content: template(one.template, { ...one }), mode: one.mode })),
    ],
  });

const node: NodeView = {
  name: "bench",
  domain: "bench.test",
  address: "192.0.2.11",
  os: { family: "debian", codename: "bookworm" },
  timezone: "UTC",
  operators: [],
  repositories: [],
};

/** From role and templates to a catalogue, as each run of provision does it. */
export function compileBench(work: Workload): Catalogue {
  const texts = new Map(templates.map((one) => [one.name, asEjs(one)]));
  return compileCatalogue({
    node,
    requests: [{ role: "bench", parameters: {} }],
    roles: [benchRole(work)],
    loadTemplate: (_, name) => texts.get(name) ?? "",
  });
}
