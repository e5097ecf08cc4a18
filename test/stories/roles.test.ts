import test from "ava";
import { roles } from "../../roles/list.ts";
import { systemClock as clock } from "../../src/clock.ts";
import { applyPlan, converge } from "../../src/converge/apply.ts";
import type { ApplyEvent } from "../../src/converge/apply-events.ts";
import { clusterViewOf } from "../../src/converge/cluster-view.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { assertVerified, verify } from "../../src/converge/verify.ts";
import { ProvisionError } from "../../src/errors.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { catalogueFor, web01 } from "../roles/catalogue.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** The roles on a Debian machine with a real init, from bare to changed, broken and mended. The steps build on each other. */
let host: Container;
let shell: Shell;
let executions = 0;

const backend = "192.0.2.1:8080";
const units = ["varnish.service", "systemd-journald.service", "ssh.service"];

function catalogue(parameters: Record<string, unknown> = {}, base: Record<string, unknown> = {}) {
  return catalogueFor([
    { role: "base", parameters: base },
    { role: "varnish", parameters: { backends: [backend], ...parameters } },
  ]);
}

async function pids(): Promise<string> {
  const { stdout } = await host.shell.run({ argv: ["systemctl", "show", "-p", "MainPID", "--value", ...units] });
  return stdout.split(/\s+/).filter(Boolean).join(" ");
}

const read = async (path: string) => (await host.shell.run({ argv: ["cat", path] })).stdout;

const varnishPromises = (nonce: string) => {
  const role = roles.find(({ name }) => name === "varnish");
  const parameters = role?.parameters.parse({ backends: [backend] });
  return role?.verify?.({ parameters, node: web01, cluster: clusterViewOf("varnish"), nonce }) ?? [];
};

test.before(async () => {
  host = await startContainer("provision-roles");
  shell = {
    ...host.shell,
    run: (command, options) => {
      executions++;
      return host.shell.run(command, options);
    },
  };
});

test.after.always(async () => {
  await host?.stop();
});

test.serial("the container can't touch what it shares with this machine", async (t) => {
  const status = await read("/proc/1/status");
  const bounding = BigInt(`0x${/CapBnd:\s*(\w+)/.exec(status)?.[1]}`);
  t.is((bounding >> 25n) & 1n, 0n, "CAP_SYS_TIME");
  t.is((await host.shell.run({ argv: ["ip", "route", "show", "default"] })).stdout, "");
});

test.serial("a package that doesn't exist fails alone; what isn't built on it is finished", async (t) => {
  const report = await converge(
    catalogueFor([{ role: "base", parameters: { packages: ["no-such-package"] } }]),
    shell,
    { clock },
  );
  t.deepEqual(
    report.results.filter(({ outcome }) => outcome !== "done").map(({ reference }) => reference),
    ["package[no-such-package]"],
  );
  const error = t.throws(() => assertConverged(report), { instanceOf: ProvisionError });
  t.is(error?.code, "package-unknown");
  t.is((await host.shell.run({ argv: ["test", "-e", "/usr/sbin/policy-rc.d"] })).exitCode, 1);
});

/** Locks as apt does (fcntl(2)); perl is on every Debian. */
const holdLock = `exec perl -e 'use Fcntl; $| = 1; open(F, ">", "/var/lib/dpkg/lock-frontend");
my $lock = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $lock) or die; print "held\\n"; sleep 60'`;

test.serial("a held dpkg lock is told as such", async (t) => {
  const holder = await host.connect();
  const { promise: held, resolve: onStdoutLine } = Promise.withResolvers<string>();
  const holding = holder.run({ script: holdLock }, { onStdoutLine });
  t.is(await held, "held");
  const impatient: Shell = {
    ...shell,
    run: (command, options) => shell.run(command, { ...options, environment: { PROVISION_APT_LOCK_SECONDS: "2" } }),
  };
  const report = await converge(catalogueFor([{ role: "base", parameters: { packages: ["less"] } }]), impatient, {
    clock,
  });
  t.is(report.results.find(({ reference }) => reference === "package[less]")?.error?.code, "apt-lock-held");
  await host.shell.run({ argv: ["pkill", "-x", "perl"] });
  await holding;
  await holder.close();
});

test.serial("the first converge takes three executions, and varnish is verified", async (t) => {
  executions = 0;
  const events: ApplyEvent[] = [];
  const report = await converge(catalogue(), shell, { clock, onEvent: (event) => events.push(event) });
  assertConverged(report);
  t.deepEqual([report.outcome, report.executions, executions], ["changed", 3, 3]);
  t.true(events.some((event) => event.kind === "packages" && event.percent > 50));
  const results = await verify(varnishPromises("first"), shell, { clock, deadlineMs: 30_000 });
  t.notThrows(() => assertVerified(results, "web01"));
  for (const { says, evidence } of results) t.log(says, ...evidence);
});

test.serial("the second takes one execution, changes nothing and restarts nothing", async (t) => {
  const before = await pids();
  executions = 0;
  const report = await converge(catalogue(), shell, { clock });
  t.deepEqual([report.outcome, report.executions, executions], ["unchanged", 1, 1]);
  t.is(await pids(), before);
  t.log(`${Math.round(report.durationMs)} ms for ${report.unchanged} resources`);
});

test.serial("another VCL is reloaded by the same process", async (t) => {
  const before = await pids();
  const report = await converge(catalogue({ graceSeconds: 60 }), shell, { clock });
  assertConverged(report);
  t.deepEqual(
    report.results.map(({ reference }) => reference),
    ["file[/etc/varnish/site.vcl]", "service[varnish.service]"],
  );
  t.is(await pids(), before);
  assertVerified(await verify(varnishPromises("reload"), shell, { clock, deadlineMs: 30_000 }), "web01");
});

test.serial("a broken VCL is refused before it takes the old one's place", async (t) => {
  const [before, vcl] = [await pids(), await read("/etc/varnish/site.vcl")];
  const report = await converge(catalogue({ backends: ["no-such-host.invalid:80"] }), shell, { clock });
  t.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ["failed", "skipped"],
  );
  t.is(report.results[0]?.error?.code, "validation-failed");
  t.deepEqual([await pids(), await read("/etc/varnish/site.vcl")], [before, vcl]);
  t.is((await converge(catalogue({ graceSeconds: 60 }), shell, { clock })).outcome, "unchanged");
});

test.serial("a refresh that failed is owed: the next run makes it, though the file is unchanged", async (t) => {
  const before = await pids();
  const reloader = "/usr/share/varnish/varnishreload";
  await host.shell.run({ argv: ["chmod", "-x", reloader] });
  const failed = await converge(catalogue({ graceSeconds: 90 }), shell, { clock });
  t.deepEqual(
    failed.results.map(({ outcome }) => outcome),
    ["done", "failed"],
  );
  t.deepEqual(
    failed.remaining.map(({ item }) => item.reference),
    ["service[varnish.service]"],
  );
  await host.shell.run({ argv: ["chmod", "+x", reloader] });
  const next = await converge(catalogue({ graceSeconds: 90 }), shell, { clock });
  assertConverged(next);
  t.deepEqual(
    next.results.map(({ reference }) => reference),
    ["service[varnish.service]"],
  );
  assertVerified(await verify(varnishPromises("owed"), shell, { clock, deadlineMs: 30_000 }), "web01");
  t.is(await pids(), before);
});

test.serial("a run that was killed while it installed is finished by the next", async (t) => {
  const wanted = catalogueFor([{ role: "base", parameters: { packages: ["less", "file"] } }]);
  const plan = await planCatalogue(wanted, shell);
  const own = await host.connect();
  let killed: Promise<unknown> | undefined;
  const onEvent = (event: ApplyEvent) => {
    if (event.kind === "packages" && event.text.startsWith("Unpacking")) {
      killed ??= host.shell.run({ argv: ["pkill", "-KILL", "-x", "sh|apt-get|dpkg"] });
    }
  };
  const cut = await t.throwsAsync(applyPlan(plan, own, { clock, onEvent }), { instanceOf: ProvisionError });
  t.true(["apply-broken", "ssh-lost"].includes(cut?.code ?? ""), cut?.code);
  await killed;
  await own.close();
  const next = await converge(wanted, shell, { clock });
  assertConverged(next);
  t.is(next.outcome, "changed", "the kill came too late to interrupt anything");
  t.is((await host.shell.run({ argv: ["test", "-e", "/usr/sbin/policy-rc.d"] })).exitCode, 1);
  t.is((await host.shell.run({ argv: ["dpkg", "--audit"] })).stdout, "");
});

test.serial("another unit restarts; what someone changed by hand is mended", async (t) => {
  const before = (await pids()).split(" ")[0];
  assertConverged(await converge(catalogue({ storage: "malloc,32m" }), shell, { clock }));
  const restarted = (await pids()).split(" ")[0];
  t.not(restarted, before);
  await host.shell.run({ script: "echo '# by hand' >> /etc/varnish/site.vcl; systemctl stop varnish; rm /etc/motd" });
  const report = await converge(catalogue({ storage: "malloc,32m" }), shell, { clock });
  assertConverged(report);
  t.deepEqual(
    report.results.map(({ reference }) => reference),
    ["file[/etc/motd]", "file[/etc/varnish/site.vcl]", "service[varnish.service]"],
  );
  assertVerified(await verify(varnishPromises("mended"), shell, { clock, deadlineMs: 30_000 }), "web01");
});
