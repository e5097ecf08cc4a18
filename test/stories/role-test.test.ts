import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import type { CaseResult, PhaseResult, RoleTestResult } from "../../src/app/role-test/outcome.ts";
import { folders } from "../roles/container.ts";
import { writeFixtureRoles } from "./fixture-roles.ts";

/** `provision test` as people run it: a process of its own, of which nothing may stay. */
const scratch = mkdtempSync(join(tmpdir(), "role-test-"));
const fixture = writeFixtureRoles(join(scratch, "roles"));
const cache = join(scratch, "cache");
const environment = { PROVISION_CACHE_DIR: cache, PROVISION_RUN_DIR: join(scratch, "run") };
const program = join(import.meta.dirname, "../../bin/start.ts");

interface Ended {
  readonly code: number | null;
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(line: string) {
  const argv = ["--disable-warning=ExperimentalWarning", program, ...line.split(" ")];
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]): Ended => ({ code: code as number | null, pid: child.pid as number, stdout, stderr }),
  );
  return { child, ended };
}

const provision = (line: string) => start(line).ended;

async function tried(
  line: string,
): Promise<{ readonly ended: Ended; readonly result: RoleTestResult; readonly one: CaseResult }> {
  const ended = await provision(`--json test ${line}`);
  const result = JSON.parse(ended.stdout) as RoleTestResult;
  return { ended, result, one: result.cases[0] as CaseResult };
}

const phaseOf = ({ phases }: CaseResult, name: string) => phases.find((phase) => phase.name === name) as PhaseResult;

/** Whatever bears the name of a lab of that process. */
function traces(pid: number): string[] {
  const name = `provision-test-${pid}-`;
  const below = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).filter((one) => one.startsWith(name)) : [];
  const processes = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && commandLine(entry).includes(name));
  const groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].flatMap(below);
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes(name));
  return [
    ...below("/run/netns"),
    ...mounts,
    ...groups,
    ...below(join(cache, "containers/labs")),
    ...below(environment.PROVISION_RUN_DIR),
    ...processes,
  ];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

test.before(() => {
  // The root file system and the packages are those of every run on this machine; layers and labs are this test's own.
  mkdirSync(join(cache, "containers"), { recursive: true });
  for (const shared of ["containers/systems", "packages"]) {
    mkdirSync(join(folders.cacheDir, shared), { recursive: true });
    symlinkSync(join(folders.cacheDir, shared), join(cache, shared));
  }
});

test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const layersIn = () => readdirSync(join(cache, "containers/layers"));

test.serial("varnish passes on a bare host, and its packages are kept for the next run", async (t) => {
  const junit = join(scratch, "varnish.xml");
  const { ended, one } = await tried(`roles/varnish --junit ${junit}`);
  t.is(ended.code, 0, ended.stderr);
  t.deepEqual(
    one.phases.map(({ name, outcome }) => `${name} ${outcome}`),
    [
      ...["start good", "converge good", "again good", "verify good"],
      ...["found: the VCL is deleted good", "mended: the VCL is deleted good"],
      ...["found: someone edits the VCL good", "mended: someone edits the VCL good"],
      ...["found: the cache is stopped good", "mended: the cache is stopped good"],
      ...["verify again good", "layer good", "stop good"],
    ],
  );
  t.true(phaseOf(one, "converge").installed?.includes("varnish:amd64"));
  t.is(phaseOf(one, "found: the cache is stopped").note, "service[varnish.service]");
  t.is(layersIn().length, 1);
  t.is(readFileSync(junit, "utf8").match(/<testcase /g)?.length, one.phases.length);
  t.deepEqual(traces(ended.pid), []);
});

test.serial(
  "a layer holds packages, and nothing of a host: no identity, no lists, no state of anything that ran",
  (t) => {
    const tree = join(cache, "containers/layers", layersIn()[0] as string, "tree");
    t.true(existsSync(join(tree, "usr/sbin/varnishd")));
    const own = [
      ...["etc/machine-id", "etc/hostname", "etc/hosts", "root", "run", "tmp", "var/lib/provision-node"],
      ...["usr/sbin/policy-rc.d", "var/lib/apt/lists", "var/log/dpkg.log", "etc/varnish/site.vcl"],
      ...["etc/apt/sources.list", "etc/ssh/ssh_host_ed25519_key"],
    ];
    t.deepEqual(
      own.filter((path) => existsSync(join(tree, path))),
      [],
    );
  },
);

test.serial(
  "the second run begins with the layer: apt unpacks nothing, and the role still has its work to do",
  async (t) => {
    const { ended, one } = await tried("roles/varnish");
    t.is(ended.code, 0, ended.stderr);
    t.deepEqual(phaseOf(one, "converge").installed, []);
    t.regex(phaseOf(one, "converge").note, /^1\d of 18 resources changed, no package installed$/);
    t.is(phaseOf(one, "layer"), undefined as unknown as PhaseResult);
    t.is(layersIn().length, 1);
    t.deepEqual(traces(ended.pid), []);
  },
);

for (const [role, phase, code, evidence] of [
  ["never-settles", "again", "not-idempotent", ["file[/etc/growing.conf]", "-one more line"]],
  ["restarts-always", "again", "restarted-for-nothing", [/napper\.service: MainPID \d+ → \d+/]],
  ["promises-too-much", "verify", "verify-failed", ["somebody listens on 4711", "nothing listens on port 4711"]],
  ["overlooks-much", "found: another file is deleted", "drift-not-found", ["another file is deleted"]],
] as const) {
  test.serial(`${role} fails at "${phase}" and says why`, async (t) => {
    const { ended, one } = await tried(fixture(role));
    t.is(ended.code, 1, ended.stderr);
    const { outcome, error } = phaseOf(one, phase);
    t.deepEqual([outcome, error?.code], ["failed", code]);
    for (const seen of evidence)
      t.regex(error?.message ?? "", seen instanceof RegExp ? seen : new RegExp(seen.replaceAll(/[[\].]/g, "\\$&")));
    t.is(one.phases.at(-1)?.name, "stop");
    t.deepEqual(traces(ended.pid), []);
  });
}

test.serial("a failure is told to people with its evidence, and to CI as JUnit", async (t) => {
  const junit = join(scratch, "failed.xml");
  const { code, stdout } = await provision(`test ${fixture("overlooks-much")} --junit ${junit}`);
  t.is(code, 1);
  t.regex(stdout, /✘ found .*another file is deleted/);
  t.regex(stdout, /error\[drift-not-found\]: usual, found: another file is deleted: /);
  t.regex(readFileSync(junit, "utf8"), /<testsuite name="overlooks-much usual" tests="6" failures="1" /);
});

test.serial("a cluster of two: each host knows both, and only one begins it", async (t) => {
  const { ended, one } = await tried(fixture("pair"));
  t.is(ended.code, 0, ended.stderr);
  t.deepEqual(one.hosts, ["pair1", "pair2"]);
  t.is(phaseOf(one, "verify").note, "4 promises kept");
  t.deepEqual(traces(ended.pid), []);
});

for (const [says, line, code, error] of [
  ["a folder without a role", "test roles", 2, "role-folder-missing"],
  ["a case that it doesn't have", "test roles/varnish --case nope", 2, "case-unknown"],
  ["another kind of host", "test roles/varnish --on cloud", 2, "usage"],
  ["no role", "test", 2, "usage"],
] as const) {
  test.serial(`${says} is refused before anything is started`, async (t) => {
    const ended = await provision(line);
    t.is(ended.code, code);
    t.true(ended.stderr.startsWith(`error[${error}]`), ended.stderr);
    t.is(ended.stdout, "");
  });
}

test.serial("a case for virtual machines is skipped on containers, and says so", async (t) => {
  const { ended, one } = await tried(`${fixture("wants-a-disk")} --on container`);
  t.deepEqual([ended.code, one.outcome], [0, "skipped"]);
  t.true(ended.stderr.includes("it needs --on vm"));
});

test.serial("a new role passes at once", async (t) => {
  const made = await provision(`role new page-cache --in ${join(scratch, "roles")}`);
  t.is(made.code, 0, made.stderr);
  const { ended, one } = await tried(`${fixture("page-cache")} --case usual`);
  t.is(ended.code, 0, ended.stderr);
  t.true(one.phases.some(({ name }) => name === "mended: page-cache.service is stopped"));
});

for (const [says, name, code] of [
  ["a folder that is there", "page-cache", "role-exists"],
  ["a word of TypeScript", "class", "role-name-unfit"],
  ["a name that climbs", "../oops", "role-name-unfit"],
] as const) {
  test.serial(`role new refuses ${says} and writes nothing`, async (t) => {
    const before = readdirSync(join(scratch, "roles"));
    const { stderr } = await provision(`role new ${name} --in ${join(scratch, "roles")}`);
    t.true(stderr.startsWith(`error[${code}]`), stderr);
    t.deepEqual(readdirSync(join(scratch, "roles")), before);
  });
}

test.serial("a test that is told to stop takes its hosts with it", async (t) => {
  const { child, ended } = start(`test ${fixture("promises-too-much")}`);
  await once(child.stdout, "data");
  while (!/converge/.test(String((await once(child.stdout, "data"))[0])));
  child.kill("SIGTERM");
  const { code, stderr, pid } = await ended;
  t.is(code, 1, stderr);
  t.true(stderr.includes("error[interrupted]"), stderr);
  t.deepEqual(traces(pid), []);
});

test.serial(
  "kept hosts run on after the test, can be entered, survive the next test, and go when they are told to",
  async (t) => {
    const { ended, one } = await tried(`${fixture("overlooks-much")} --keep`);
    const line = one.kept?.[0] ?? "";
    const child = spawn("sh", ["-c", `${line.replace("sudo ", "")} cat /etc/hostname`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.is((await text(child.stdout)).trim(), "overlooks-much1");
    await tried(fixture("overlooks-much"));
    t.true(traces(ended.pid).length > 0);
    const removed = await provision("test --remove-kept");
    t.regex(removed.stdout, /^removed: provision-test-\d+-/);
    t.deepEqual(traces(ended.pid), []);
  },
);
