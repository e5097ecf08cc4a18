import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import test from "ava";
import { describeChange } from "../../src/converge/describe.ts";
import { observe, parseObservation } from "../../src/converge/observation.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { readProgram, witnessLines } from "../../src/converge/read-program.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { group } from "../../src/converge/resources/group.ts";
import { link } from "../../src/converge/resources/link.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import { user } from "../../src/converge/resources/user.ts";
import { Secret } from "../../src/secret.ts";
import { createRecordedShell } from "../../src/transport/recorded.ts";
import { catalogueOf, makeScratch, type Scratch } from "./scratch.ts";

const interpreters: readonly (readonly string[])[] = [["dash"], ["bash", "--posix"], ["busybox", "sh"]];

const hostileName = "a 'b' $c `d` \"e\" *";

/** Every type that can be read without changing this machine; each with what the host should tell of it. */
function specimens({ path }: Scratch) {
  writeFileSync(path("same"), "same\n");
  writeFileSync(path(hostileName), "hostile\n");
  writeFileSync(path("other"), "old\n");
  writeFileSync(path("secret"), "old\n");
  writeFileSync(path("mode"), "m\n");
  chmodSync(path("mode"), 0o600);
  writeFileSync(path("empty"), "");
  mkdirSync(path("dir"));
  mkdirSync(path("a-dir"));
  symlinkSync("same", path("link"));
  symlinkSync("nowhere", path("dangling"));
  const there = [
    file(path("same"), { content: "same\n" }),
    file(path(hostileName), { content: "hostile\n" }),
    file(path("empty"), { content: "" }),
    file(path("gone"), { ensure: "absent" }),
    directory(path("dir")),
    link(path("link"), { target: "same" }),
    user("root", { home: "/root", uid: 0, group: "root" }),
    user("nobody-here", { ensure: "absent" }),
    group("root", { gid: 0 }),
    debianPackage("dpkg"),
    debianPackage("no-such-package", { ensure: "absent" }),
  ];
  const differing = [
    file(path("other"), { content: "new\n" }),
    file(path("secret"), { content: new Secret("new\n") }),
    file(path("mode"), { content: "m\n" }),
    file(path("absent"), { content: "x" }),
    file(path("link-as-file"), { content: "x" }),
    file(path("a-dir"), { content: "x" }),
    file(path("dangling"), { ensure: "absent" }),
    directory(path("no-dir")),
    link(path("no-link"), { target: "same" }),
    user("nobody-here-either"),
    user("daemon", { shell: "/bin/nonsense", groups: ["root"] }),
    group("no-such-group"),
    debianPackage("no-such-package-2"),
    sysctl("kernel.provision_nonsense", { value: "1" }),
  ];
  symlinkSync("same", path("link-as-file"));
  return { there, differing };
}

for (const interpreter of interpreters) {
  const name = interpreter.join(" ");

  test(`${name} tells differences and nothing else`, async (t) => {
    const scratch = makeScratch(interpreter);
    t.teardown(scratch.remove);
    const { there, differing } = specimens(scratch);
    const catalogue = catalogueOf([...there, ...differing]);
    const plan = await planCatalogue(catalogue, scratch.shell);
    t.deepEqual(
      plan.planned.map(({ item }) => item.reference).sort(),
      differing.map(({ type, title }) => `${type}[${title}]`).sort(),
    );
    t.is(scratch.shell.scripts.length, 1);
    const { seen } = await observe(catalogue.items, scratch.shell, {});
    t.deepEqual([...seen.keys()].sort(), plan.planned.map(({ item }) => item.id).sort());
    t.regex(plan.facts.bootId, /^[0-9a-f-]{36}$/);
    t.true(plan.facts.cpus >= 1 && plan.facts.memoryBytes > 1 << 20 && plan.facts.kernel.length > 2);
    t.true(plan.facts.os.id.length > 1);
  });

  test(`${name} says nothing of what is as it should be`, async (t) => {
    const scratch = makeScratch(interpreter);
    t.teardown(scratch.remove);
    const { lines } = await observe(catalogueOf(specimens(scratch).there).items, scratch.shell, {});
    t.deepEqual(
      lines.filter((line) => line.startsWith("@r")),
      [],
    );
  });
}

test("the plan shows a diff of a file, and of a secret only that it changes", async (t) => {
  const scratch = makeScratch();
  t.teardown(scratch.remove);
  const { differing } = specimens(scratch);
  const plan = await planCatalogue(catalogueOf(differing), scratch.shell);
  const linesOf = (name: string) =>
    plan.planned
      .filter(({ item }) => item.title === scratch.path(name))
      .flatMap((one) => describeChange(one).map(({ text }) => text.trim()));
  t.deepEqual(linesOf("other").slice(2), ["@@ -1 +1 @@", "-old", "+new"]);
  t.deepEqual(linesOf("secret").slice(1), ["content: *** → *** (changed)"]);
  t.true(linesOf("other")[0]?.includes("test/converge/read.test.ts:"));
  t.false(JSON.stringify(plan.planned).includes(Buffer.from("new\n").toString("base64").slice(0, 4)));
});

test("a read of 1,000 files is one execution and a handful of processes", async (t) => {
  const scratch = makeScratch();
  t.teardown(scratch.remove);
  const files = Array.from({ length: 1000 }, (_, index) => scratch.path(`f${index}`));
  for (const path of files) writeFileSync(path, `${path}\n`);
  const catalogue = catalogueOf(files.map((path) => file(path, { content: `${path}\n` })));
  const plan = await planCatalogue(catalogue, scratch.shell);
  t.is(plan.planned.length, 0);
  t.is(scratch.shell.scripts.length, 1);
  t.true(plan.readMs < 5000, `${plan.readMs} ms`);
});

test("a program that arrives in part does nothing", async (t) => {
  const scratch = makeScratch();
  t.teardown(scratch.remove);
  const whole = readProgram(catalogueOf([file("/nonexistent/x", { content: "" })]).items);
  const { stdout } = await scratch.shell.run({ script: whole.slice(0, -"main </dev/null\n".length) });
  t.is(stdout, "");
});

for (const [says, answer, code] of [
  ["lacks what is needed", { stdout: "@missing sha256sum\n@end\n" }, "host-unsupported"],
  ["breaks off", { stdout: "@f os ID=debian\n", exitCode: 1, stderr: "sh: out of memory" }, "read-failed"],
] as const) {
  test(`a host that ${says} is told as ${code}`, async (t) => {
    const shell = createRecordedShell([{ when: "main", answer }]);
    t.is(((await t.throwsAsync(planCatalogue(catalogueOf([]), shell))) as { code?: string } | undefined)?.code, code);
  });
}

test("noise of a login script is not taken for an answer", (t) => {
  const { seen, facts } = parseObservation(["Welcome!", "@r", "@r 3 absent yes", "@f os ID=debian", "@@r 4 x y"]);
  t.deepEqual(
    [...seen.keys()].filter((id) => id > 0),
    [3],
  );
  t.is(facts.os.id, "debian");
});

test("a plan's witness is over its own items and what it stands on", (t) => {
  const lines = [
    "@f os ID=debian",
    "@f memoryBytes MemTotal: 1 kB",
    "@f bootId b",
    "@r 1 absent yes",
    "@r 2 absent yes",
    "@end",
  ];
  t.deepEqual(witnessLines(lines, new Set([2])), ["@f os ID=debian", "@f bootId b", "@r 2 absent yes"]);
});
