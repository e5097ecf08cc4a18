import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { unifiedDiff } from "../../src/converge/text-diff.ts";

const folder = mkdtempSync(join(tmpdir(), "provision-diff-"));
const [left, right] = [join(folder, "left"), join(folder, "right")];
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

for (const [says, before, after, expected] of [
  ["equal texts", "a\n", "a\n", []],
  ["a new text", "", "a\nb\n", ["@@ -0,0 +1,2 @@", "+a", "+b"]],
  ["a changed line", "a\nb\nc\n", "a\nx\nc\n", ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"]],
  ["a lost newline at the end", "a\n", "a", ["@@ -1 +1 @@", "-a", "+a", "\\ No newline at end of file"]],
  [
    "far changes in two hunks",
    `${"a\n".repeat(9)}b\n`,
    `x\n${"a\n".repeat(9)}c\n`,
    ["@@ -1,3 +1,4 @@", "+x", " a", " a", " a", "@@ -7,4 +8,4 @@", " a", " a", " a", "-b", "+c"],
  ],
] as const) {
  test(`diff: ${says}`, (t) => t.deepEqual(unifiedDiff(before, after), expected as unknown as string[]));
}

test("patch(1) makes the new text of the old one with our diff", (t) => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 30 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      if (before === after) return;
      writeFileSync(left, before);
      const input = `--- left\n+++ right\n${unifiedDiff(before, after).join("\n")}\n`;
      execFileSync("patch", ["-s", "-o", right, left], { input });
      t.is(execFileSync("cat", [right], { encoding: "utf8" }), after);
    }),
    { numRuns: 60 },
  );
});
