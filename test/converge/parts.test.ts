import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { block } from "../../src/converge/resources/block.ts";
import { iniSetting } from "../../src/converge/resources/ini-setting.ts";
import { line } from "../../src/converge/resources/line.ts";
import type { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

interface Case {
  readonly says: string;
  readonly before: string | undefined;
  readonly wants: (path: string) => Resource;
  readonly after: string | undefined;
}

const port = { match: "^#?Port ", line: "Port 22" };

const cases: readonly Case[] = [
  {
    says: "a line at the end of a file that doesn't end in a newline",
    before: "one\ntwo",
    wants: (path) => line("l", { path, line: 'it\'s $HOME `x` \\n "q" @' }),
    after: 'one\ntwo\nit\'s $HOME `x` \\n "q" @\n',
  },
  {
    says: "a line that is there stays where it is",
    before: "a\nwanted\nb",
    wants: (path) => line("l", { path, line: "wanted" }),
    after: "a\nwanted\nb",
  },
  {
    says: "a line is compared as a whole and as it is",
    before: "xaxb\na.b c\n",
    wants: (path) => line("l", { path, line: "a.b" }),
    after: "xaxb\na.b c\na.b\n",
  },
  {
    says: "numbers are compared as text",
    before: "10.0\n",
    wants: (path) => line("l", { path, line: "10" }),
    after: "10.0\n10\n",
  },
  {
    says: "the first line that matches makes room, further ones go",
    before: "a\n#Port 22\n\tb\nPort 2222\nPort 8022",
    wants: (path) => line("l", { path, ...port }),
    after: "a\nPort 22\n\tb\n",
  },
  {
    says: "the line is there, and another setting after it goes",
    before: "Port 22\nx\nPort 80\nlast",
    wants: (path) => line("l", { path, ...port }),
    after: "Port 22\nx\nlast",
  },
  {
    says: "nothing matches: it goes behind the last line that `after` matches",
    before: "[a]\n[b]\n[a]\nend\n",
    wants: (path) => line("l", { path, ...port, insertAfter: "^\\[a\\]" }),
    after: "[a]\n[b]\n[a]\nPort 22\nend\n",
  },
  {
    says: "in front of the first line that `before` matches, here the first of all",
    before: "exit 0\nexit 0\n",
    wants: (path) => line("l", { path, line: "work", insertBefore: "^exit" }),
    after: "work\nexit 0\nexit 0\n",
  },
  {
    says: "an interval, which mawk doesn't know",
    before: "aa 1\naaaa 1\n",
    wants: (path) => line("l", { path, match: "^a{3,4} ", line: "b" }),
    after: "aa 1\nb\n",
  },
  {
    says: "a backslash in brackets means itself",
    before: "C:\\x\ny\n",
    wants: (path) => line("l", { path, match: "^C:[\\]", line: "b" }),
    after: "b\ny\n",
  },
  {
    says: "the line is there, and an interval finds another",
    before: "b\naaaa 1\n",
    wants: (path) => line("l", { path, match: "^a{3,4} ", line: "b" }),
    after: "b\n",
  },
  {
    says: "the line is there, and a backslash in brackets finds another",
    before: "b\nC:\\x\n",
    wants: (path) => line("l", { path, match: "^C:[\\]x", line: "b" }),
    after: "b\n",
  },
  {
    says: "a class of characters",
    before: "  key\tvalue\n",
    wants: (path) => line("l", { path, match: "^[[:space:]]*key[[:space:]]", line: "key other" }),
    after: "key other\n",
  },
  {
    says: "lines that should be gone: the line and what matches",
    before: "a\nbad\nworse 1\nb\nworse 2",
    wants: (path) => line("l", { path, line: "bad", match: "^worse", ensure: "absent" }),
    after: "a\nb\n",
  },
  {
    says: "a line that should be gone from a file that isn't there",
    before: undefined,
    wants: (path) => line("l", { path, line: "bad", ensure: "absent" }),
    after: undefined,
  },
  {
    says: "a line makes its file",
    before: undefined,
    wants: (path) => line("l", { path, line: "first", create: true, mode: "0640" }),
    after: "first\n",
  },
  {
    says: "bytes that aren't UTF-8 stay",
    before: "caf\xe9 \xff\r\nold\r\n",
    wants: (path) => line("l", { path, match: "^old", line: "new" }),
    after: "caf\xe9 \xff\r\nnew\n",
  },
  {
    says: "a block at the end",
    before: "a",
    wants: (path) => block("b's $x", { path, content: "1\n\n=@\n@\n'\\" }),
    after: "a\n# BEGIN provision: b's $x\n1\n\n=@\n@\n'\\\n# END provision: b's $x\n",
  },
  {
    says: "a block that differs is replaced where it stands",
    before: "a\n# BEGIN provision: b\nold\nolder\n# END provision: b\nz",
    wants: (path) => block("b", { path, content: "new" }),
    after: "a\n# BEGIN provision: b\nnew\n# END provision: b\nz",
  },
  {
    says: "a block that lacks its last line",
    before: "# BEGIN provision: b\n1\n# END provision: b\n",
    wants: (path) => block("b", { path, content: "1\n2\n" }),
    after: "# BEGIN provision: b\n1\n2\n# END provision: b\n",
  },
  {
    says: "a block that stands twice stands once",
    before: "# BEGIN provision: b\nx\n# END provision: b\nm\n# BEGIN provision: b\nx\n# END provision: b\nz\n",
    wants: (path) => block("b", { path, content: "x\n" }),
    after: "# BEGIN provision: b\nx\n# END provision: b\nm\nz\n",
  },
  {
    says: "an empty block with another comment",
    before: "<a/>\n",
    wants: (path) => block("b", { path, content: "", comment: "<!--", commentEnd: "-->", insertBefore: "^<a" }),
    after: "<!-- BEGIN provision: b -->\n<!-- END provision: b -->\n<a/>\n",
  },
  {
    says: "a block that should be gone, its neighbour stays",
    before: "a\n# BEGIN provision: b\nx\n# END provision: b\n# BEGIN provision: bb\ny\n# END provision: bb\n",
    wants: (path) => block("b", { path, ensure: "absent" }),
    after: "a\n# BEGIN provision: bb\ny\n# END provision: bb\n",
  },
  {
    says: "a secret block",
    before: "a\n",
    wants: (path) => block("b", { path, content: new Secret("hunter2") }),
    after: "a\n# BEGIN provision: b\nhunter2\n# END provision: b\n",
  },
  {
    says: "a setting that is right but for its blanks stays as it is",
    before: "[a]\n\tk=v  \n",
    wants: (path) => iniSetting("i", { path, section: "a", key: "k", value: "v" }),
    after: "[a]\n\tk=v  \n",
  },
  {
    says: "a setting of another section and a commented one stay",
    before: "k = 0\n[b]\nk = 1\n# note\n[a]\n;k = 2\n# of c\n[c]\nk=3\n",
    wants: (path) => iniSetting("i", { path, section: "a", key: "k", value: "v" }),
    after: "k = 0\n[b]\nk = 1\n# note\n[a]\nk = v\n;k = 2\n# of c\n[c]\nk=3\n",
  },
  {
    says: "a setting is replaced with its indentation, further ones go",
    before: "[a]\nx = 1\n  k = old\ny = 2\nk=older\nkk = 5",
    wants: (path) => iniSetting("i", { path, section: "a", key: "k", value: "a b = c" }),
    after: "[a]\nx = 1\n  k = a b = c\ny = 2\nkk = 5",
  },
  {
    says: "the value is right, and a further one goes",
    before: "[a]\nk = v\nk = other\n",
    wants: (path) => iniSetting("i", { path, section: "a", key: "k", value: "v" }),
    after: "[a]\nk = v\n",
  },
  {
    says: "a section that stands there twice takes a new setting where it stands first",
    before: "[a]\nx = 1\n\n[b]\n[a]\ny = 2\n",
    wants: (path) => iniSetting("i", { path, section: "a", key: "k", value: "v" }),
    after: "[a]\nx = 1\nk = v\n\n[b]\n[a]\ny = 2\n",
  },
  {
    says: "a section that isn't there comes at the end",
    before: "[a]\nx = 1",
    wants: (path) => iniSetting("i", { path, section: "b 'c'", key: "k", value: 5, separator: "=" }),
    after: "[a]\nx = 1\n\n[b 'c']\nk=5\n",
  },
  {
    says: "a setting before the first section goes behind the comments at the top",
    before: "# about\n\n[a]\nx=1\n",
    wants: (path) => iniSetting("i", { path, key: "k", value: "v" }),
    after: "# about\nk = v\n\n[a]\nx=1\n",
  },
  {
    says: "keys and values between blanks, as in sshd_config",
    before: "Porter 1\nPort   22\n",
    wants: (path) => iniSetting("i", { path, key: "Port", value: 23, separator: " " }),
    after: "Porter 1\nPort 23\n",
  },
  {
    says: "a setting that should be gone",
    before: "[a]\nk = 1\nk = 2\nx = 1\n[b]\nk = 3\n",
    wants: (path) => iniSetting("i", { path, section: "a", key: "k", ensure: "absent" }),
    after: "[a]\nx = 1\n[b]\nk = 3\n",
  },
  {
    says: "a secret setting in a file that is made",
    before: undefined,
    wants: (path) =>
      iniSetting("i", {
        path,
        section: "client",
        key: "password",
        value: new Secret("hunter2"),
        create: true,
        mode: "0600",
      }),
    after: "[client]\npassword = hunter2\n",
  },
];

const bytes = (path: string) => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
};

for (const { name, start } of interpreters) {
  for (const { says, before, wants, after } of cases) {
    test(`${name}: ${says}`, async (t) => {
      const { path, shell, remove } = makeScratch(start(t));
      t.teardown(remove);
      const target = path("the file");
      if (before !== undefined) writeFileSync(target, before, "latin1");
      const catalogue = catalogueOf([wants(target)]);
      const report = await converge(catalogue, shell, { clock });
      assertConverged(report);
      t.is(report.outcome, before === after ? "unchanged" : "changed");
      t.is(bytes(target), after);
      t.deepEqual(
        await converge(catalogue, shell, { clock }).then(({ outcome, executions }) => [outcome, executions]),
        ["unchanged", 1],
      );
      t.false(
        shell.scripts.some((script) => script.includes("hunter2")),
        "a secret in a program only as base64",
      );
    });
  }

  test(`${name}: mode and owner stay, a link is followed, and a refused file never takes its place`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    mkdirSync(path("real"));
    writeFileSync(path("real/config"), "a\n");
    chmodSync(path("real/config"), 0o4640);
    execFileSync("chown", ["daemon:daemon", path("real/config")]);
    chmodSync(path("real/config"), 0o4640);
    symlinkSync("real/config", path("config"));
    const good = line("l", { path: path("config"), line: "b", validate: ["grep", "b", "%"] });
    assertConverged(await converge(catalogueOf([good]), shell, { clock }));
    const { mode, uid } = statSync(path("real/config"));
    t.deepEqual([mode & 0o7777, uid, bytes(path("config"))], [0o4640, 1, "a\nb\n"]);
    const bad = block("b", { path: path("config"), content: "x", validate: ["grep", "nonsense", "%"] });
    const report = await converge(catalogueOf([bad]), shell, { clock });
    t.is((t.throws(() => assertConverged(report)) as ProvisionError).code, "validation-failed");
    t.is(bytes(path("config")), "a\nb\n");
  });

  test(`${name}: a file that isn't there and shall not be made is a failure that says so`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const report = await converge(catalogueOf([line("l", { path: path("x"), line: "a" })]), shell, { clock });
    t.regex(report.results[0]?.error?.message ?? "", /is not there \(create: true would make it\)/);
  });

  test(`${name}: a block that lost its end is left to a person`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    writeFileSync(path("x"), "# BEGIN provision: b\nmine?\n");
    const report = await converge(catalogueOf([block("b", { path: path("x"), content: "y" })]), shell, { clock });
    t.regex(report.results[0]?.error?.message ?? "", /mend this by hand/);
    t.is(bytes(path("x")), "# BEGIN provision: b\nmine?\n");
  });

  test(`${name}: many parts of one file, in one run and each by itself`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    writeFileSync(path("x"), "[a]\nk = 1\n");
    const several = catalogueOf([
      iniSetting("k", { path: path("x"), section: "a", key: "k", value: "2" }),
      line("one", { path: path("x"), line: "# one" }),
      line("two", { path: path("x"), line: "# two" }),
      block("b", { path: path("x"), content: "[z]\nk = 9" }),
    ]);
    assertConverged(await converge(several, shell, { clock }));
    t.is(bytes(path("x")), "[a]\nk = 2\n# one\n# two\n# BEGIN provision: b\n[z]\nk = 9\n# END provision: b\n");
    writeFileSync(path("x"), bytes(path("x"))?.replace("k = 2\n# one\n", "k = 3\n") ?? "");
    const drift = await planCatalogue(several, shell);
    t.deepEqual(
      drift.planned.map(({ item }) => item.title),
      ["k", "one"],
    );
  });
}
