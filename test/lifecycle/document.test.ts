import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { renderLifecycleDocument } from "../../src/lifecycle/diagram.ts";

const file = join(import.meta.dirname, "../../docs/lifecycle.md");

test("docs/lifecycle.md is what the tables say", (t) => {
  const remedy = `write it anew: node -e 'import("./src/lifecycle/diagram.ts").then((m) => process.stdout.write(m.renderLifecycleDocument()))' > docs/lifecycle.md`;
  t.is(readFileSync(file, "utf8"), renderLifecycleDocument(), remedy);
});
