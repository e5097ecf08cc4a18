import test from "ava";
import { breaksOf } from "../../../src/app/role-test/breaks.ts";
import { listWith } from "../../../src/app/role-test/new-role.ts";
import type { CaseResult } from "../../../src/app/role-test/outcome.ts";
import { packagesOf, unpacked } from "../../../src/app/role-test/packages.ts";
import { parseServices, restarted } from "../../../src/app/role-test/services.ts";
import { roleSuites } from "../../../src/app/role-test/suites.ts";
import { file } from "../../../src/converge/resources/file.ts";
import { debianPackage } from "../../../src/converge/resources/package.ts";
import { service } from "../../../src/converge/resources/service.ts";
import { createRecordedShell } from "../../../src/transport/recorded.ts";
import { catalogueOf } from "../../converge/scratch.ts";

const usual = { name: "usual", parameters: {} };

for (const [says, resources, expected] of [
  ["nothing to break", [], []],
  ["a file that shouldn't be there isn't deleted", [file("/etc/gone", { ensure: "absent" })], []],
  ["the first file", [file("/etc/a", { content: "" }), file("/etc/b", { content: "" })], ["rm -- /etc/a"]],
  [
    "a file and a service that runs",
    [
      service("off.service", { running: false }),
      service("on.service", { running: true }),
      file("/etc/a", { content: "" }),
    ],
    ["rm -- /etc/a", "systemctl stop -- on.service"],
  ],
] as const) {
  test(`a role is broken where it can be: ${says}`, (t) => {
    const breaks = breaksOf(usual, catalogueOf(resources), "trial");
    t.deepEqual(
      breaks.map(({ run }) => run.join(" ")),
      [...expected],
    );
  });
}

test("only what belongs to the role is broken, and a case's own breaks come instead", (t) => {
  const catalogue = catalogueOf([file("/etc/a", { content: "" })]);
  t.deepEqual(breaksOf(usual, catalogue, "another"), []);
  const own = [{ says: "the disk is full", run: ["fallocate", "-l", "1G", "/fill"] }];
  t.deepEqual(breaksOf({ ...usual, breaks: own }, catalogue, "trial"), own);
});

test("a layer's packages are those of the catalogue that apt installs, with their versions", (t) => {
  const catalogue = catalogueOf([
    debianPackage("zsh", { version: "5.9*" }),
    debianPackage("telnet", { ensure: "absent" }),
    debianPackage("curl"),
  ]);
  t.deepEqual(packagesOf(catalogue), ["curl", "zsh=5.9*"]);
});

test("dpkg's log tells what was unpacked; upgrades and removals aren't that", async (t) => {
  const log = [
    "2026-11-21 05:09:12 startup archives unpack",
    "2026-11-21 05:09:12 install varnish:amd64 <none> 7.1.1-1.1",
    "2026-11-21 05:09:13 status half-installed varnish:amd64 7.1.1-1.1",
    "2026-11-21 05:09:14 upgrade apt:amd64 2.6.1 2.6.2",
    "2026-11-21 05:09:15 remove telnet:amd64 0.17 <none>",
  ];
  const shell = createRecordedShell([{ when: "dpkg.log", answer: { stdout: log.join("\n") } }]);
  t.deepEqual(await unpacked(shell), ["varnish:amd64"]);
});

const shown = (...units: readonly (readonly [string, number, string])[]) =>
  parseServices(
    units.map(([id, pid, invocation]) => `MainPID=${pid}\nInvocationID=${invocation}\nId=${id}`).join("\n\n"),
  );

for (const [says, after, expected] of [
  ["nothing", [["a.service", 7, "x"]], []],
  ["another process", [["a.service", 9, "y"]], ["a.service: MainPID 7 → 9"]],
  ["started again under the same number", [["a.service", 7, "y"]], ["a.service: MainPID 7 → 7"]],
  ["gone", [], ["a.service: MainPID 7 → not running"]],
  [
    "one more",
    [
      ["a.service", 7, "x"],
      ["b.service", 8, "z"],
    ],
    [],
  ],
] as const) {
  test(`services that were restarted: ${says}`, (t) => {
    const before = shown(["a.service", 7, "x"], ["user@0.service", 5, "u"]);
    t.deepEqual(restarted(before, shown(...after)), [...expected]);
  });
}

test("each phase is a test case; what couldn't be tried is an error", (t) => {
  const record = { code: "x", hint: "do", retry: false, message: "first\nsecond" };
  const phase = { durationMs: 1500, note: "" };
  const one: CaseResult = {
    name: "usual",
    on: "container",
    hosts: ["a1"],
    outcome: "failed",
    durationMs: 0,
    phases: [
      { ...phase, name: "start", outcome: "good" },
      { ...phase, name: "again", outcome: "failed", error: { ...record, fault: "input" } },
      { ...phase, name: "stop", outcome: "failed", error: { ...record, fault: "environment" } },
    ],
  };
  const skipped: CaseResult = { ...one, name: "on-disks", outcome: "skipped", phases: [] };
  const suites = roleSuites({ role: "trial", folder: "/", outcome: "failed", durationMs: 0, cases: [one, skipped] });
  t.deepEqual(
    suites.flatMap(({ cases }) => cases.map(({ className, name, outcome }) => `${className} ${name} ${outcome}`)),
    [
      "trial.usual start passed",
      "trial.usual again failure",
      "trial.usual stop error",
      "trial.on-disks on-disks skipped",
    ],
  );
  t.is(suites[0]?.cases[1]?.message, "first");
  t.true(suites[0]?.cases[1]?.text?.includes("second"));
});

const list = (imports: readonly string[], entries: string) =>
  `import type { AnyRole } from "../src/converge/role.ts";\n${imports.map((name) => `import { ${name} } from "./${name}/role.ts";\n`).join("")}
export const roles: readonly AnyRole[] = ${entries};\n`;

for (const [says, before, name, after] of [
  [
    "in the middle",
    list(["base", "varnish"], "[base, varnish]"),
    "nginx",
    list(["base", "nginx", "varnish"], "[base, varnish, nginx]"),
  ],
  ["before all", list(["base"], "[base]"), "app", list(["app", "base"], "[base, app]")],
  ["after all", list(["base"], "[base]"), "zabbix", list(["base", "zabbix"], "[base, zabbix]")],
  ["in a list of lines", list(["base"], "[\n  base,\n]"), "nginx", list(["base", "nginx"], "[base, nginx]")],
] as const) {
  test(`a new role enters the list ${says}`, (t) => {
    t.is(listWith(before, { name, variable: name }), after);
  });
}

test("a list that grows too wide for a line becomes one of lines, as the formatter has it", (t) => {
  const names = Array.from({ length: 9 }, (_, index) => `quiteALongName${index}`);
  const grown = listWith(list(names, `[${names.join(", ")}]`), { name: "zz", variable: "zz" });
  t.true(grown.includes("= [\n  quiteALongName0,\n"), grown);
  t.true(grown.endsWith("  zz,\n];\n"));
});
