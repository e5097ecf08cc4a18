import { readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import { z } from "zod";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { compileCatalogue } from "../../src/converge/catalogue.ts";
import { describePlan } from "../../src/converge/describe.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { file } from "../../src/converge/resources/file.ts";
import { service } from "../../src/converge/resources/service.ts";
import { template } from "../../src/converge/resources/template.ts";
import { defineRole } from "../../src/converge/role.ts";
import type { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { interpreters } from "./busybox.ts";
import { makeScratch, testNode } from "./scratch.ts";

const bytes = new Uint8Array([0, 255, 10, 0, 13, 10, 128, 39, 92]);
const files: Readonly<Record<string, Uint8Array>> = {
  "keys/ring.gpg": bytes,
  nul: new Uint8Array([65, 0, 66]),
  page: new TextEncoder().encode("grüße\n"),
};

/** A role with one template and two files of its own. */
function catalogueOf(resources: readonly Resource[]) {
  const role = defineRole({ name: "trial", parameters: z.strictObject({}), resources: () => resources });
  return compileCatalogue({
    node: testNode,
    requests: [{ role: "trial", parameters: {} }],
    roles: [role],
    loadTemplate: () => "port <%- it.port %>\n",
    loadFile: (_, name) => {
      const found = files[name];
      if (!found) throw new Error(`ENOENT: ${name}`);
      return found;
    },
  });
}

for (const { name, start } of interpreters) {
  test(`${name}: a role's file arrives byte for byte, its template rendered`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const catalogue = catalogueOf([
      file(path("ring"), { source: "keys/ring.gpg" }),
      file(path("page"), { source: "page" }),
      file(path("raw"), { content: bytes }),
      template(path("settings"), { template: "settings", data: { port: 80 } }),
      template(path("secret"), { template: "settings", data: { port: new Secret("hunter2") } }),
    ]);
    assertConverged(await converge(catalogue, shell, { clock }));
    for (const one of ["ring", "raw"]) t.deepEqual(new Uint8Array(readFileSync(path(one))), bytes);
    t.is(readFileSync(path("page"), "utf8"), "grüße\n");
    t.is(readFileSync(path("settings"), "utf8"), "port 80\n");
    t.is(readFileSync(path("secret"), "utf8"), "port hunter2\n");
    const again = await converge(catalogue, shell, { clock });
    t.deepEqual([again.outcome, again.executions], ["unchanged", 1]);
    for (const one of ["ring", "page", "settings", "secret"]) writeFileSync(path(one), "by hand\n");
    const told = describePlan(await planCatalogue(catalogue, shell))
      .map(({ text }) => text.trim())
      .join("\n");
    for (const expected of ["+grüße", "+port 80"]) t.true(told.includes(expected), told);
    t.false(told.includes("hunter2"));
  });
}

test("what holds a NUL byte is no text", (t) => {
  const [item] = catalogueOf([file("/etc/x", { source: "nul" })]).items;
  t.true((item?.desired as { content: unknown }).content instanceof Uint8Array);
});

test("a file that the role hasn't is told with its role, before any host is asked", (t) => {
  const error = t.throws(() => catalogueOf([file("/etc/x", { source: "nobody" })])) as ProvisionError;
  t.is(error.code, "role-file-missing");
  t.is(error.message, "role trial has no file files/nobody");
});

test("a template with the same text, from other data, restarts nothing", (t) => {
  const inputsWith = (data: Record<string, unknown>) => {
    const settings = template("/etc/x", { template: "settings", data });
    return catalogueOf([settings, service("x.service", { running: true, subscribe: [settings] })]).items[1]?.inputs
      .restart;
  };
  t.is(inputsWith({ port: 80 }), inputsWith({ port: 80, unused: 1 }));
  t.not(inputsWith({ port: 80 }), inputsWith({ port: 81 }));
});
