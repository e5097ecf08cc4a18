import { execFileSync } from "node:child_process";
import test from "ava";
import { quoteArgv, quoteSh } from "../../src/transport/quote.ts";

const hostile: readonly string[] = [
  "",
  " ",
  "plain",
  "two words",
  "'",
  "''",
  "'\\''",
  '"',
  "\\",
  "\\'",
  "a\nb",
  "trailing newline\n",
  "\ttab",
  "\r",
  "$HOME",
  "$(id)",
  "`id`",
  "a;id",
  "a&&id",
  "a|id",
  ">/dev/null",
  "*",
  "?[a-z]",
  "~",
  "~root",
  "#comment",
  "!history",
  "{a,b}",
  "-n",
  "--",
  "a=b",
  "%s%n",
  "\u0001\u001b[31m",
  "ünïcödé 火",
  `\${IFS}`,
  "EOF",
];

for (const text of hostile) {
  test(`sh reads ${JSON.stringify(text)} back`, (t) => {
    t.is(execFileSync("/bin/sh", ["-c", `printf %s ${quoteSh(text)}`], { encoding: "utf8" }), text);
  });
}

test("an argument vector arrives word for word", (t) => {
  const line = quoteArgv(["printf", "%s\\0", ...hostile]);
  const words = execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1);
  t.deepEqual(words, hostile);
});

for (const program of ["if", "a=b", "~", "two words"]) {
  test(`a program named ${program} is a program`, (t) => {
    const error = t.throws(() => execFileSync("/bin/sh", ["-c", quoteArgv([program])], { stdio: "pipe" }));
    t.is((error as { status?: number } | undefined)?.status, 127);
  });
}

test("what no word can hold is refused", (t) => {
  t.throws(() => quoteSh("a\0b"), { instanceOf: RangeError });
  t.throws(() => quoteArgv(["a\0"]), { instanceOf: RangeError });
  t.throws(() => quoteArgv([]), { instanceOf: RangeError });
});
