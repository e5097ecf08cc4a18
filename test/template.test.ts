import test from "ava";
import { ProvisionError } from "../src/errors.ts";
import { Secret } from "../src/secret.ts";
import { compileTemplate } from "../src/template.ts";

const data = {
  name: "web01",
  ports: [80, 443],
  router: null,
  nested: { key: "v" },
  quote: (text: string) => `'${text}'`,
};

for (const [what, text, expected] of [
  ["prints a value", "host <%- it.name %>\n", "host web01\n"],
  ["prints without HTML escapes", "<%- it.quote('a&b') %>", "'a&b'"],
  ["runs code and swallows its line", "<% for (const p of it.ports) { -%>\np<%- p %>\n<% } -%>\n", "p80\np443\n"],
  ["asks for what may be absent", "<% if (it.router) { -%>\nr\n<% } -%>\nend", "end"],
  ["prints zero and false", "<%- 0 %> <%- false %>", "0 false"],
  ["leaves a literal tag", "<%% x", "<% x"],
  ["joins lists", "<%- it.ports.map((p) => p + 1).join(' ') %>", "81 444"],
] as const) {
  test(`a template ${what}`, (t) => t.is(compileTemplate("t.ejs", text)(data), expected));
}

for (const [what, text, code, line, says] of [
  [
    "an undefined variable",
    "a\nb\n<%- it.nmae %>\n",
    "template-undefined",
    3,
    "it.nmae is not defined (there are: name, ",
  ],
  ["an undefined variable inside", "\n<%- it.nested.kye %>", "template-undefined", 2, "it.nested.kye is not defined"],
  ["an undefined variable in code", "<% if (it.absent) { } %>", "template-undefined", 1, "it.absent is not defined"],
  ["null as text", "\n\n<%- it.router %>", "template-undefined", 3, "null is printed"],
  ["an item beyond the list", "<%- it.ports[9] %>", "template-undefined", 1, "undefined is printed"],
  ["an object as text", "<%- it.nested %>", "template-undefined", 1, "an object is printed"],
  ["a global that isn't data", "x\n<%- nmae %>", "template-broken", 2, "nmae is not defined"],
  ["an HTML escape", "x\n\n<%= it.name %>", "template-broken", 3, "HTML"],
  ["an open tag", "x\n<% if (1) {", "template-broken", 2, "close tag"],
  ["broken code", "<% if ( { %>", "template-broken", 1, ""],
  ["what an Object carries", "<%- it.constructor.constructor('return 1')() %>", "template-undefined", 1, "constructor"],
] as const) {
  test(`a template refuses ${what}, with its place`, (t) => {
    const error = t.throws(() => compileTemplate("roles/x/t.ejs", text)(data), { instanceOf: ProvisionError });
    t.is(error?.code, code);
    t.deepEqual(error?.place, { file: "roles/x/t.ejs", line });
    t.true(error?.message.includes(says), error?.message);
  });
}

test("a template can't print a secret by accident", (t) => {
  const error = t.throws(() => compileTemplate("t", "<%- it.s %>")({ s: new Secret("hunter2") }));
  t.false(error?.message.includes("hunter2"));
});

test("a template can't change the data it was given", (t) => {
  const list = { items: ["a"] };
  compileTemplate("t", "<% it.items.push('b') %>")(list);
  t.deepEqual(list.items, ["a"]);
});
