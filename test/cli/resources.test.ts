import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { referenceTo, resourceReference } from "../../src/converge/resource-reference.ts";
import { resourceTypes } from "../../src/converge/resources/list.ts";

test("docs/resources.md is what the types say of themselves", (t) => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/resources.md"), "utf8");
  t.is(
    page,
    `${resourceReference(resourceTypes).trimEnd()}\n`,
    "run: bin/provision resources --markdown > docs/resources.md",
  );
});

for (const type of resourceTypes) {
  test(`${type.name} tells what it is and what each property means`, (t) => {
    const { summary, example, properties } = referenceTo(type);
    t.regex(summary, /^[A-Z].*\.$/);
    t.true(example.includes("("), example);
    t.deepEqual(
      properties.filter(({ description }) => description === "").map(({ name }) => name),
      [],
      "properties without a description",
    );
  });
}
