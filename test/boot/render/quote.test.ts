import { spawnSync } from "node:child_process";
import test from "ava";
import fc from "fast-check";
import { load } from "js-yaml";
import { parse } from "yaml";
import { q } from "../../../src/boot/render/quote.ts";
import { hostile, withControls } from "./hostile.ts";

const { grub, ipxe, kickstart, preseed, preseedSh, sh, shLine, word, yaml } = q;
const NUL = "\0";

/** What a real shell makes of these words. */
function wordsIn(shell: readonly string[], words: string): string[] {
  const [command = "", ...rest] = shell;
  const run = spawnSync(command, [...rest, "-c", `for word in ${words}; do printf '%s\\0' "$word"; done`], {
    encoding: "utf8",
  });
  if (run.error) throw new Error(`${command} is needed for this test: ${run.error.message}`);
  return run.stdout.split(NUL).slice(0, -1);
}

const shells = [["/bin/sh"], ["/bin/bash", "--posix"], ["busybox", "ash"]] as const;

for (const shell of shells) {
  test(`sh: every hostile word comes back from ${shell.join(" ")} as it was`, (t) => {
    const words = [...hostile, ...withControls];
    t.deepEqual(wordsIn(shell, words.map((one) => sh(one)).join(" ")), words);
  });
  test(`kickstart and preseed: every hostile word comes back from ${shell.join(" ")}`, (t) => {
    const allowed = hostile.filter((one) => !/(?!\t)\p{Cc}/u.test(one));
    for (const quote of [shLine, kickstart, preseedSh]) {
      t.deepEqual(wordsIn(shell, allowed.map((one) => quote(one)).join(" ")), allowed, quote.name);
    }
  });
}

test("sh: any text at all", (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 20, maxLength: 60 }), (texts) => {
      const words = texts.map((text) => text.toWellFormed().replaceAll(NUL, ""));
      t.deepEqual(wordsIn(["/bin/sh"], words.map((one) => sh(one)).join(" ")), words);
    }),
    { numRuns: 10 },
  );
});

test("parts are one word", (t) => {
  t.is(sh("http://c", "/boot/", "it's", 7, true), `'http://c/boot/it'\\''s7true'`);
});

test("yaml: every hostile text comes back from two parsers, in block and flow, as text", (t) => {
  for (const text of [...hostile, ...withControls]) {
    for (const document of [`key: ${yaml(text)}\n`, `key: [${yaml(text)}]\n`, `? ${yaml(text)}\n: 1\n`]) {
      for (const read of [load, parse]) {
        const value = read(document) as Record<string, unknown>;
        const found = document.startsWith("?") ? Object.keys(value)[0] : [value.key].flat()[0];
        t.is(found, text, `${JSON.stringify(text)} in ${JSON.stringify(document)}`);
      }
    }
  }
});

test("yaml: nothing that stricter parsers call unprintable is left in it", (t) => {
  const strange = [...withControls, "\ufeffbom", "\ufffe\uffff"].map((one) => yaml(one)).join("");
  t.notRegex(strange, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/);
});

test("yaml: structures come back", (t) => {
  const value = { list: [1, -1, true, null, "a: b"], nested: { "odd key:": { deep: "'" } }, empty: [], none: {} };
  t.deepEqual(load(yaml(value)), value);
});

test("yaml: any text at all", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (raw) => {
      const text = raw.toWellFormed();
      t.deepEqual(load(`- ${yaml(text)}`), [text]);
    }),
  );
});

test("what would break a line is refused where lines have a meaning", (t) => {
  for (const quote of [shLine, kickstart, preseedSh, preseed, ipxe, grub]) {
    for (const text of withControls)
      t.throws(() => quote(text), { message: /can't be written in/ }, `${quote.name} ${JSON.stringify(text)}`);
  }
});

test("a NUL is refused by the shell's quoting", (t) => {
  for (const quote of [sh, shLine, preseedSh]) t.throws(() => quote("a\0b"), { message: /can't be written in/ });
});

test("preseed: values that the format would change are refused", (t) => {
  for (const text of ["ends in a backslash\\", " blank before", "blank after "])
    t.throws(() => preseed(text), { message: /a preseed value/ });
  t.is(preseed("http://c suite main"), "http://c suite main");
});

test("ipxe has no quotes, so what it would interpret is refused", (t) => {
  for (const text of ["two words", "a\tb", "\u0024{net0/mac}", "#comment", "&&", "||", ";", ""]) {
    t.throws(() => ipxe(text), { message: /an iPXE script/ }, text);
  }
  for (const text of ["a=$b", "ds=nocloud;s=http://c/", "quote='"]) t.is(ipxe(text), text);
});

test("a bare word has only a word's characters", (t) => {
  for (const text of ["", "a b", "$(id)", "a\nb", "a;b", "%end", "'", "<%", "*"])
    t.throws(() => word(text), { message: /a bare word/ }, text);
  for (const text of ["varnish", "g++", "@^minimal-environment", "libc6:amd64", "n1.rack.test", "7"])
    t.is(word(text), text);
});

test("absence is refused by every target", (t) => {
  for (const quote of [sh, shLine, preseed, preseedSh, word, ipxe, grub] as readonly ((value: never) => string)[]) {
    for (const value of [undefined, null, {}, [], () => ""])
      t.throws(() => quote(value as never), { message: /can't be written in/ });
  }
  t.throws(() => yaml(undefined), { message: /YAML/ });
  t.throws(() => yaml({ a: undefined }), { message: /YAML/ });
});

test("grub: quotes as the shell does", (t) => {
  const allowed = hostile.filter((one) => !/\p{Cc}/u.test(one));
  t.deepEqual(wordsIn(["/bin/sh"], allowed.map((one) => grub(one)).join(" ")), allowed);
});
