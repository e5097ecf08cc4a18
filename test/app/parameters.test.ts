import test, { type ExecutionContext } from "ava";
import { z } from "zod";
import { explainParameters } from "../../src/app/explain.ts";
import { roleRequestsOf } from "../../src/app/roles.ts";
import { parseSettings } from "../../src/app/settings.ts";
import { type LoadedSite, readSite } from "../../src/app/site.ts";
import { formatPlace, ProvisionError } from "../../src/errors.ts";
import type { KnownRole } from "../../src/inventory/checks/roles.ts";
import { secretText } from "../../src/inventory/secret-text.ts";
import { good, load } from "../inventory/site-on-disk.ts";

const files = {
  "site.yaml": `${good["site.yaml"]}roles: { base: }\nparameters: { varnish: { port: 1080, probePath: /site } }\n`,
  "groups/web.yaml": 'roles: { varnish: { backends: ["w:1"], port: 2080 } }\n',
  "nodes/n1.yaml": `${good["nodes/n1.yaml"]}groups: [web]\nroles: { varnish: { port: 3080 } }\n`,
};

interface Read {
  readonly site: LoadedSite;
  readonly folder: string;
}

function read(t: ExecutionContext): Read {
  const { folder } = load(t, files);
  return { site: readSite(folder), folder };
}

const short = (place: { file: string } | undefined, { folder }: Read) =>
  place && formatPlace({ ...place, file: place.file.replace(`${folder}/`, "") });

test("what the engine is asked for: roles in order, the strongest values, each with its place", (t) => {
  const house = read(t);
  const requests = roleRequestsOf(house.site, "n1", ['varnish.purgers=["192.0.2.9"]', "varnish.graceSeconds=7"]);
  t.deepEqual(
    requests.map(({ role, parameters }) => [role, parameters]),
    [
      ["base", {}],
      ["varnish", { port: 3080, probePath: "/site", backends: ["w:1"], purgers: ["192.0.2.9"], graceSeconds: 7 }],
    ],
  );
  const at = (...path: (string | number)[]) => short(requests[1]?.place?.(path), house);
  t.deepEqual(
    [at("port"), at("probePath"), at("backends", 0), at("purgers"), at("storage"), at()],
    [
      "nodes/n1.yaml:16:27",
      "site.yaml:10:49",
      "groups/web.yaml:1:32",
      "--set varnish.purgers",
      "nodes/n1.yaml:16:10",
      "nodes/n1.yaml:16:10",
    ],
  );
});

test("without a command line, and on a node that only has what the site gives", (t) => {
  const { site } = read(t);
  t.deepEqual(
    roleRequestsOf(site, "n2").map(({ role, parameters }) => [role, parameters]),
    [["base", {}]],
  );
});

test("of two settings of one parameter the later wins, with its place", (t) => {
  const { site } = read(t);
  const [, varnish] = roleRequestsOf(site, "n1", ["varnish.port=1", "varnish.port=2"]);
  t.like(varnish?.parameters as object, { port: 2 });
});

const known: readonly KnownRole[] = [
  {
    name: "app",
    parameters: z.strictObject({
      port: z.int().default(80),
      words: z.array(z.string()).default([]),
      title: z.string().default(""),
      debug: z.boolean().default(false),
      token: secretText().optional(),
      limits: z.record(z.string(), z.int()).default({}),
    }),
  },
  { name: "other", parameters: z.strictObject({}) },
];
const parse = (text: string) => parseSettings([text], { node: "n1", assigned: ["app"], known });

for (const [text, value] of [
  ["app.port=80", 80],
  ["app.words=[a, b]", ["a", "b"]],
  ['app.words=["a=b"]', ["a=b"]],
  ["app.title=hello = world", "hello = world"],
  ['app.title="80"', "80"],
  ["app.title=", ""],
  ["app.debug=true", true],
  ["app.limits={ a: 1 }", { a: 1 }],
] as const) {
  test(`--set ${text} is ${JSON.stringify(value)}`, (t) => t.deepEqual(parse(text)[0]?.value, value));
}

for (const [text, problem, advice] of [
  ["app.port", "is no parameter with a value", "varnish.port=80"],
  ["port=80", "is no parameter with a value", "varnish.port=80"],
  ["app.limits.a=1", "is no parameter with a value", ""],
  ["=", "is no parameter with a value", ""],
  ["apo.port=80", 'there is no role "apo"', 'Did you mean "app"?'],
  ["other.port=80", "n1 has no role other", "Known are: app"],
  ["app.prot=80", 'unknown key "prot"', 'Did you mean "port"?'],
  ["app.port=http", "port: must be a number, not text", ""],
  ["app.title=80", "title: must be text, not the number 80", "Put quotes around it"],
  ["app.words=[a", "is no YAML", "quotes"],
  ["app.title=*a", "is no YAML", "quotes"],
  ["app.token=canary", "a secret can't be set on the command line", "!secret"],
  ["app.token=!secret canary", "is no YAML", ""],
] as const) {
  test(`--set ${text} is refused`, (t) => {
    const error = t.throws(() => parse(text), { instanceOf: ProvisionError, code: "setting-invalid" });
    t.true(error?.message.includes(problem), error?.message);
    t.true(error?.hint.includes(advice), error?.hint);
    t.regex(error?.place?.file ?? "", /^--set /);
    if (problem.startsWith("a secret")) t.false(JSON.stringify(error).includes("canary"));
  });
}

test("a parameter explained: each level with value and place, and the one that wins", (t) => {
  const house = read(t);
  const explain = (set: string[] = []) =>
    explainParameters(house.site, { node: "n1", parameter: "varnish.port", set })[0]!;
  t.deepEqual(
    explain(["varnish.port=4080"]).levels.map(({ kind, name, value, place }) => [
      kind,
      name,
      value,
      short(place, house),
    ]),
    [
      ["default", undefined, 80, "roles/varnish/role.ts"],
      ["site", "test", 1080, "site.yaml:10:32"],
      ["group", "web", 2080, "groups/web.yaml:1:46"],
      ["node", "n1", 3080, "nodes/n1.yaml:16:27"],
      ["command line", undefined, 4080, "--set varnish.port"],
    ],
  );
  t.is(explain(["varnish.port=4080"]).winner?.value, 4080);
  t.is(explain().winner?.kind, "node");
  t.like(explain(), { description: "Where clients are answered" });
});

test("a level that says nothing has no place; all parameters of all roles are explained in the order of the work", (t) => {
  const { site } = read(t);
  const all = explainParameters(site, { node: "n1", set: [] });
  t.deepEqual([...new Set(all.map(({ role }) => role))], ["base", "varnish"]);
  const motd = all.find(({ parameter }) => parameter === "motd");
  t.deepEqual(
    motd?.levels.slice(1).map(({ place }) => place),
    [undefined, undefined, undefined, undefined],
  );
  t.deepEqual(motd?.winner?.value, "");
  const one = explainParameters(site, { node: "n1", parameter: "varnish", set: [] });
  t.deepEqual([...new Set(one.map(({ role }) => role))], ["varnish"]);
});

for (const [parameter, node, code, hint] of [
  ["varnish.prot", "n1", "parameter-unknown", 'Did you mean "varnish.port"?'],
  ["vranish.port", "n1", "parameter-unknown", 'Did you mean "varnish"?'],
  ["varnish.port", "n2", "parameter-unknown", "Known are: base"],
  ["varnish.port", "n3", "inventory-unknown-node", 'Did you mean "n1"?'],
] as const) {
  test(`${parameter} of ${node} can't be explained: ${code}`, (t) => {
    const { site } = read(t);
    const error = t.throws(() => explainParameters(site, { node, parameter, set: [] }), {
      instanceOf: ProvisionError,
      code,
    });
    t.is(error?.hint, hint);
  });
}
