import { execFileSync } from "node:child_process";
import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { applyPlan } from "../../src/converge/apply.ts";
import { type ApplyEvent, listen } from "../../src/converge/apply-events.ts";
import { applyProgram } from "../../src/converge/apply-program.ts";
import { comparePlan, type Plan } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { authorizedKey } from "../../src/converge/resources/authorized-key.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { group } from "../../src/converge/resources/group.ts";
import { link } from "../../src/converge/resources/link.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import { user } from "../../src/converge/resources/user.ts";
import { ProvisionError } from "../../src/errors.ts";
import { facts, parseFacts } from "../../src/facts/list.ts";
import { createRecordedShell } from "../../src/transport/recorded.ts";
import { catalogueOf } from "./scratch.ts";

const vcl = file("/etc/v/site.vcl", { content: "x", validate: ["varnishd", "-C", "-f", "%"] });
const everything: readonly Resource[] = [
  debianPackage("varnish"),
  debianPackage("chrony", { ensure: "absent" }),
  vcl,
  directory("/etc/d"),
  link("/etc/l", { target: "x" }),
  group("app"),
  user("app"),
  authorizedKey("ada on app", { user: "app", key: `ssh-ed25519 ${"A".repeat(68)} ada's` }),
  sysctl("net.core.somaxconn", { value: "4096" }),
  service("varnish.service", { enabled: true, running: true, reloadOn: [vcl] }),
];

const differences: Readonly<Record<string, Record<string, string>>> = {
  package: { status: "not-installed" },
  service: { load: "not-found" },
  link: { target: "(absent)" },
  authorized_key: { key: "absent" },
  sysctl: { live: "128", file: "" },
};

function planOf(resources: readonly Resource[]): Plan {
  const catalogue = catalogueOf(resources);
  const seen = new Map(
    catalogue.items.map((item) => {
      const gone = item.type === "package" && (item.desired as { ensure: string }).ensure === "absent";
      return [
        item.id,
        new Map(Object.entries(gone ? { status: "installed" } : (differences[item.type] ?? { absent: "yes" }))),
      ];
    }),
  );
  const planned = comparePlan(catalogue, seen);
  return {
    node: "web01",
    host: "web01",
    catalogue,
    planned,
    facts: parseFacts(new Map(), facts),
    unchanged: 0,
    witness: "w",
    readMs: 0,
  };
}

for (const shell of [
  ["dash", "-n"],
  ["bash", "--posix", "-n"],
  ["busybox", "sh", "-n"],
]) {
  test(`${shell.join(" ")} can read a program with a step of every kind`, (t) => {
    const [program = "", ...rest] = shell;
    t.notThrows(() =>
      execFileSync(program, rest, {
        input: applyProgram(planOf(everything), { says: "trial's run", key: "r1" }),
        stdio: "pipe",
      }),
    );
  });
}

test("the program is one wave of packages, then the rest, each with what it stands on", (t) => {
  const program = applyProgram(planOf(everything), { says: "r", key: "" });
  const calls = program
    .slice(program.indexOf("\nmain() {"))
    .split("\n")
    .filter((line) => /^(wave|step) /.test(line));
  t.deepEqual(calls, [
    "wave '0 install - varnish * - no' '1 remove - chrony * - no'",
    "step 2 ",
    "step 3 ",
    "step 4 ",
    "step 5 ",
    "step 6 ",
    "step 7 6",
    "step 8 ",
    "step 9 0 2",
  ]);
  t.true(program.includes("check_2() { 'varnishd' -C -f \"$1\"; }"));
  t.true(program.includes("commit_2() {\noutdate reload varnish.service\n}"));
});

function hear(resources: readonly Resource[], lines: readonly string[]) {
  const events: ApplyEvent[] = [];
  const listener = listen(planOf(resources), (event) => events.push(event));
  for (const line of lines) listener.line(line);
  return { listener, events };
}

test("a package that no archive has is told with role, resource, place and apt's words", (t) => {
  const { listener } = hear(
    [debianPackage("varnsh")],
    ["@step 0 start", "@out 0 E: Unable to locate package varnsh", "@step 0 failed 1200 package-unknown", "@end"],
  );
  const [result] = listener.results();
  t.is(result?.error?.code, "package-unknown");
  t.regex(
    result?.error?.message ?? "",
    /package varnsh: role trial, package\[varnsh\] \(test\/converge\/apply-program\.test\.ts:\d+:\d+\).*Unable to locate package varnsh/s,
  );
  t.is(result?.error?.fault, "input");
});

test("apt's progress is heard, other noise is not", (t) => {
  const { events } = hear(
    [debianPackage("varnish")],
    [
      "dlstatus:1:20.5:Retrieving file 1 of 2",
      "pmstatus:varnish:45.25:Unpacking varnish (amd64)",
      "noise",
      "pmstatus",
      "@step 99 start",
      "@step 0 exploded",
    ],
  );
  t.deepEqual(events, [
    { kind: "packages", percent: 20.5, text: "Retrieving file 1 of 2" },
    { kind: "packages", percent: 45.25, text: "Unpacking varnish (amd64)" },
  ]);
});

for (const [says, answer, code] of [
  ["the host moved", { stdout: "@stale\n", exitCode: 76 }, "plan-stale"],
  ["another run holds it", { stdout: "@busy run 7\n", exitCode: 75 }, "apply-busy"],
  ["it ends early", { stdout: "@step 0 start\n", exitCode: 143, stderr: "Terminated" }, "apply-broken"],
] as const) {
  test(`apply: ${says}`, async (t) => {
    const shell = createRecordedShell([{ when: "prepare", answer }]);
    const error = await t.throwsAsync(applyPlan(planOf([vcl]), shell, { clock: createFakeClock() }), {
      instanceOf: ProvisionError,
    });
    t.is(error?.code, code);
  });
}

test("a host that still differs after every step was done is not called converged", async (t) => {
  const shell = createRecordedShell([
    { when: "prepare", answer: { stdout: "@step 0 start\n@step 0 done 5\n@end\n" } },
    { when: "read_items", answer: { stdout: "@r 0 absent yes\n@end\n" } },
  ]);
  const report = await applyPlan(planOf([vcl]), shell, { clock: createFakeClock() });
  t.is(report.outcome, "left");
  t.is((t.throws(() => assertConverged(report)) as ProvisionError | undefined)?.code, "still-differs");
});
