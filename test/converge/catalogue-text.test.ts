import test from "ava";
import { systemClock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import type { Catalogue } from "../../src/converge/catalogue.ts";
import { decodeCatalogue, encodeCatalogue } from "../../src/converge/catalogue-text.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

const withDesired = (desired: unknown): Catalogue => {
  const catalogue = catalogueOf([file("/x", { content: "" })]);
  return { ...catalogue, items: catalogue.items.map((item) => ({ ...item, desired })) };
};
const open = (catalogue: Catalogue) => decodeCatalogue(encodeCatalogue(catalogue, { reveal: true }));

test("a catalogue that went through a file is the same, in its order and with its edges", (t) => {
  const folder = directory("/srv/a", { mode: "0750" });
  const catalogue = catalogueOf([
    file("/srv/a/b", { content: "ü\n" }),
    folder,
    file("/c", { content: "", require: [folder] }),
  ]);
  t.deepEqual(open(catalogue), catalogue);
});

for (const [says, desired] of [
  ["bytes", { content: new Uint8Array([0, 255, 10]) }],
  ["what looks like a secret", { content: { $secret: "no" } }],
  ["what looks like bytes, within what looks like a secret", [{ $secret: { $bytes: "AA" } }]],
  ["what looks like what is wrapped", { $plain: 1 }],
] as const) {
  test(`${says} come back as they were`, (t) => {
    t.deepEqual(open(withDesired(desired)).items[0]?.desired, desired);
  });
}

test("a secret is refused unless the caller means it, by the name of its resource and without its text", (t) => {
  const catalogue = catalogueOf([file("/plain", { content: "" }), file("/key", { content: new Secret("sesame") })]);
  const error = t.throws(() => encodeCatalogue(catalogue, { reveal: false }), { instanceOf: ProvisionError });
  t.is(error?.code, "catalogue-holds-secrets");
  t.regex(error?.message ?? "", /file\[\/key\]/);
  t.notRegex(error?.message ?? "", /sesame|plain/);
  const { content } = open(catalogue).items.at(-1)?.desired as { content: Secret };
  t.true(content instanceof Secret);
  t.is(content.reveal(), "sesame");
});

for (const [says, text, part] of [
  ["no JSON", "#!/bin/sh", "Unexpected token"],
  ["nothing", "", "Unexpected end"],
  ["another version", JSON.stringify({ format: "provision-catalogue/9" }), "another version"],
  ["cut off", encodeCatalogue(catalogueOf([]), { reveal: false }).slice(0, -20), "JSON"],
  [
    "a type that nobody knows",
    encodeCatalogue(withDesired({}), { reveal: false }).replace('"file"', '"spell"'),
    "items",
  ],
] as const) {
  test(`${says} is no catalogue`, (t) => {
    const error = t.throws(() => decodeCatalogue(text), { instanceOf: ProvisionError });
    t.is(error?.code, "catalogue-unreadable");
    t.true(error?.message.includes(part), error?.message);
  });
}

test("what went through a file converges a machine, and then finds nothing to do", async (t) => {
  const scratch = makeScratch();
  t.teardown(scratch.remove);
  const [folder, path] = [scratch.path("a"), scratch.path("a/b")];
  const catalogue = open(
    catalogueOf([directory(folder), file(path, { content: new Secret("sesame\n"), mode: "0600" })]),
  );
  t.is((await converge(catalogue, scratch.shell, { clock: systemClock })).outcome, "changed");
  t.is((await converge(catalogue, scratch.shell, { clock: systemClock })).outcome, "unchanged");
});
