import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { roles } from "../../roles/list.ts";
import { compileCatalogue } from "../../src/converge/catalogue.ts";
import { ProvisionError } from "../../src/errors.ts";
import { catalogueFor, contentOf, web01 } from "./catalogue.ts";

const backends = ["192.0.2.1:8080", "app.rack.test:80"];
const varnish = { role: "varnish", parameters: { backends } };

test("base names the node, points apt at the controller and lets the operators in", (t) => {
  const catalogue = catalogueFor([{ role: "base", parameters: {} }]);
  t.is(contentOf(catalogue, "/etc/hostname"), "web01\n");
  const entry = catalogue.items.find(({ reference }) => reference === "host_entry[web01.rack.test]");
  t.like(entry?.desired, { address: "192.0.2.11", aliases: ["web01"] });
  t.is(
    contentOf(catalogue, "/etc/apt/sources.list.d/provision.sources"),
    `# Archives of the profile, as the controller offers them.

Types: deb
URIs: http://192.0.2.1:8077/packages/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
  );
  t.true(catalogue.items.some(({ reference }) => reference === "authorized_key[ada on root]"));
  t.false(catalogue.items.some(({ type }) => type === "package"));
});

for (const [says, change, absent] of [
  ["a profile without archives leaves apt alone", { repositories: [] }, "file[/etc/apt/sources.list]"],
  ["a Red Hat node has no apt", { os: { family: "rhel" } }, "file[/etc/apt/sources.list]"],
] as const) {
  test(`base: ${says}`, (t) => {
    t.false(
      catalogueFor([{ role: "base", parameters: {} }], change).items.some(({ reference }) => reference === absent),
    );
  });
}

test("base: another time zone brings tzdata, before its link", (t) => {
  const names = catalogueFor([{ role: "base", parameters: {} }], { timezone: "Europe/Zurich" }).items.map(
    ({ reference }) => reference,
  );
  t.true(names.indexOf("package[tzdata]") > names.indexOf("file[/etc/apt/sources.list]"));
  t.true(names.indexOf("package[tzdata]") < names.indexOf("link[/etc/localtime]"));
});

test("varnish asks each backend, probes from the start, and marks its answers", (t) => {
  const vcl = contentOf(catalogueFor([varnish]), "/etc/varnish/site.vcl");
  for (const line of [
    '    .host = "192.0.2.1";',
    '    .port = "8080";',
    '    .host = "app.rack.test";',
    "    .threshold = 3;",
    "    .initial = 3;",
    "    rr.add_backend(b1);",
    '        set resp.http.X-Cache = "HIT";',
  ]) {
    t.true(vcl.split("\n").includes(line), line);
  }
});

test("varnish reloads on its VCL and restarts on its unit", (t) => {
  const catalogue = catalogueFor([{ role: "base", parameters: {} }, varnish]);
  const service = catalogue.items.find(({ reference }) => reference === "service[varnish.service]");
  const named = (ids: readonly number[] = []) => ids.map((id) => catalogue.items.find((item) => item.id === id)?.title);
  const refresh = catalogue.refreshes.get(service?.id ?? -1);
  t.deepEqual(named(refresh?.reload), ["/etc/varnish/site.vcl"]);
  t.deepEqual(named(refresh?.restart), ["/etc/systemd/system/varnish.service.d/override.conf"]);
});

test("a service's inputs move with what it reloads on, and only then", (t) => {
  const inputsWith = (parameters: Record<string, unknown>) =>
    catalogueFor([{ role: "varnish", parameters: { backends, ...parameters } }]).items.find(
      ({ type }) => type === "service",
    )?.inputs;
  const usual = inputsWith({});
  t.deepEqual(inputsWith({}), usual);
  t.is(inputsWith({ graceSeconds: 60 })?.restart, usual?.restart);
  t.not(inputsWith({ graceSeconds: 60 })?.reload, usual?.reload);
  t.not(inputsWith({ port: 8000 })?.restart, usual?.restart);
  t.is(inputsWith({ port: 8000 })?.reload, usual?.reload);
});

for (const [says, parameters] of [
  ["no backend", {}],
  ["an empty list", { backends: [] }],
  ["a backend without a port", { backends: ["192.0.2.1"] }],
  ["a quote in a path", { backends, probePath: '/"; }' }],
  ["a purger that isn't an address", { backends, purgers: ['"; import vtc; "'] }],
  ["an unknown parameter", { backends, bakend: 1 }],
] as const) {
  test(`varnish refuses ${says}`, (t) => {
    const error = t.throws(() => catalogueFor([{ role: "varnish", parameters }]), { instanceOf: ProvisionError });
    t.is(error?.code, "parameter-invalid");
  });
}

test("an undefined variable in a role's template names role, template and line", (t) => {
  const request = { node: web01, requests: [varnish], roles, loadTemplate: () => "a\n<%- it.backedns %>\n" };
  const error = t.throws(() => compileCatalogue(request), { instanceOf: ProvisionError });
  t.is(error?.code, "template-undefined");
  t.deepEqual(error?.place, { file: "roles/varnish/templates/site.vcl.ejs", line: 2 });
});

for (const role of roles) {
  test(`the README of ${role.name} names each of its parameters, and each has a description`, (t) => {
    const readme = readFileSync(join(import.meta.dirname, "../../roles", role.name, "README.md"), "utf8");
    const { properties = {} } = z.toJSONSchema(role.parameters, { io: "input", unrepresentable: "any" });
    t.true(Object.keys(properties).length > 0);
    for (const [name, schema] of Object.entries(properties)) {
      t.regex(readme, new RegExp(`^\\| \`${name}\` +\\|`, "m"));
      t.truthy((schema as { description?: string }).description, name);
    }
  });
}

test("every role's folder is in the list", (t) => {
  const folders = readdirSync(join(import.meta.dirname, "../../roles"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  t.deepEqual(folders.map(({ name }) => name).sort(), roles.map(({ name }) => name).sort());
});
