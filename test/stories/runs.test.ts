import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { link } from "../../src/converge/resources/link.ts";
import { osPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import type { RunRecord } from "../../src/converge/run-record.ts";
import { ProvisionError } from "../../src/errors.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { openRecords, type Records } from "../converge/recorded.ts";
import { catalogueOf } from "../converge/scratch.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** What becomes of runs on a Debian machine with a real init that is treated badly. Each test leaves it as it should be. */
let host: Container;
let records: Records;

test.before(async () => {
  host = await startContainer("provision-runs");
  records = await openRecords();
});

test.after.always(async () => {
  await records?.close();
  await host?.stop();
});

const converge = (resources: readonly Resource[], options: { purge?: boolean; shell?: Shell } = {}) =>
  records.converge(catalogueOf(resources), options.shell ?? host.shell, options);
const sh = async (script: string) => (await host.shell.run({ script })).stdout.trim();
const outcomes = (run: RunRecord) => run.results.map(({ outcome, reference }) => `${outcome} ${reference}`);
const causes = (run: RunRecord) => run.results.map(({ cause, reference }) => `${cause} ${reference}`);

/** A file that takes its time to come: 4 s in its validation. */
const slow = (path: string) => file(path, { content: "slow\n", validate: ["sh", "-c", "sleep 4", "%"] });
const folder = directory("/srv/trial");
const three = [
  folder,
  file("/srv/trial/1", { content: "1\n" }),
  slow("/srv/trial/2"),
  file("/srv/trial/3", { content: "3\n" }),
];
const forgetTrial = () => sh("rm -rf /srv/trial");

/** Waits until the slow step of a run is under way. */
async function slowStep(): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if ((await sh("cat /srv/trial/1 2>/dev/null; ls -A /srv/trial 2>/dev/null")).includes(".2.provision-new")) return;
    await clock.sleep(100);
  }
  throw new Error("the slow step never began");
}

async function freed(): Promise<void> {
  await sh("flock /var/lib/provision-node/lock true");
}

test.serial("a second run hears which run of whom holds the host, and the first goes on", async (t) => {
  const other = await host.connect();
  const first = converge(three);
  await slowStep();
  const second = await converge(three, { shell: other });
  t.like(second, { outcome: "broken", error: { code: "apply-busy" } });
  t.regex(second.error?.message ?? "", /run r000001 of site demo by ada@ops1, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
  t.is((await first).outcome, "changed");
  await other.close();
});

test.serial("the connection is cut: the host ends the step that it is at, the next run does the rest", async (t) => {
  await forgetTrial();
  const own = await host.connect();
  const cut = converge(three, { shell: own });
  await slowStep();
  await sh(`for p in $(pgrep -f '^sshd: root@notty'); do [ "$p" = "$PPID" ] || kill -9 "$p"; done`);
  const broken = await cut;
  t.like(broken, { outcome: "broken", error: { code: "ssh-lost" } });
  t.deepEqual(outcomes(broken), [
    "done directory[/srv/trial]",
    "done file[/srv/trial/1]",
    "unfinished file[/srv/trial/2]",
    "planned file[/srv/trial/3]",
  ]);
  t.is((await converge(three)).error?.code, "apply-busy", "the step is not interrupted");
  await freed();
  t.is(await sh("ls -A /srv/trial"), "1\n2");
  const next = await converge(three);
  t.is(next.outcome, "changed");
  t.deepEqual(outcomes(next), ["done file[/srv/trial/3]"]);
  await own.close();
});

test.serial("the machine restarts in the middle, and nothing that was left behind matters", async (t) => {
  await forgetTrial();
  const own = await host.connect();
  const cut = converge(three, { shell: own });
  await slowStep();
  await host.reboot();
  t.is((await cut).outcome, "broken");
  const next = await converge(three);
  t.is(next.outcome, "changed");
  t.deepEqual(outcomes(next), ["done file[/srv/trial/2]", "done file[/srv/trial/3]"]);
  t.is(await sh("ls -A /srv/trial"), "1\n2\n3");
  t.is(await sh("ls -A /var/lib/provision-node | tr '\\n' ' '"), "holder kept lock runs services");
  await own.close();
});

test.serial("the shell is killed outright: its unfinished files are swept by the next run", async (t) => {
  await forgetTrial();
  const own = await host.connect();
  const cut = converge(three, { shell: own });
  await slowStep();
  await sh("kill -9 $(pgrep -x sh | grep -vx $$) $(pgrep -x sleep)");
  t.is((await cut).outcome, "broken");
  t.is(await sh("ls -A /srv/trial"), ".2.provision-new\n1");
  const quick = [folder, file("/srv/trial/1", { content: "1\n" }), file("/srv/trial/3", { content: "3\n" })];
  t.is((await converge(quick)).outcome, "changed");
  t.is(await sh("ls -A /srv/trial"), "1\n3");
  await own.close();
});

/** A service of its own, which reads its file when it starts. */
const unit = (setting: string, exec = "sleep infinity") => {
  const program = file("/etc/systemd/system/trial.service", {
    content: `[Service]\nExecStart=/bin/sh -c 'cat /etc/trial.conf > /run/trial.running; exec ${exec}'\n[Install]\nWantedBy=multi-user.target\n`,
  });
  const config = file("/etc/trial.conf", { content: `${setting}\n`, mode: "0640", group: "adm" });
  return [program, config, service("trial.service", { enabled: true, running: true, subscribe: [program, config] })];
};
const running = () => sh("cat /run/trial.running; stat -c '%a %U %G' /etc/trial.conf");

test.serial(
  "what someone changed is told from what the code changed, also for the service that reads it",
  async (t) => {
    t.is((await converge(unit("one"))).outcome, "changed");
    await sh("echo by hand >> /etc/trial.conf");
    const mended = await converge(unit("one"));
    t.deepEqual(causes(mended), ["corrective file[/etc/trial.conf]", "corrective service[trial.service]"]);
    t.is(await running(), "one\n640 root adm");
    const intended = await converge(unit("two"));
    t.deepEqual(causes(intended), ["intentional file[/etc/trial.conf]", "intentional service[trial.service]"]);
    await sh("systemctl stop trial.service");
    t.deepEqual(causes(await converge(unit("two"))), ["corrective service[trial.service]"]);
    t.is((await converge(unit("two"))).outcome, "unchanged");
  },
);

test.serial("a rollback puts files back, and restarts at once what reads them", async (t) => {
  const made = file("/etc/trial.d", { content: "made\n" });
  const shortcut = link("/etc/trial.link", { target: "/etc/trial.conf" });
  await sh(
    "echo old > /etc/trial.old; chmod 0604 /etc/trial.old; chown daemon:mail /etc/trial.old; ln -sfn /nowhere /etc/trial.link",
  );
  const before = await sh("stat -c '%a %u %g %Y' /etc/trial.old; cat /etc/trial.old; readlink /etc/trial.link");
  const live = sysctl("net.ipv4.ip_default_ttl", { value: "70" });
  const run = await converge([...unit("three"), made, shortcut, file("/etc/trial.old", { ensure: "absent" }), live]);
  t.is(run.outcome, "changed");
  t.is(await running(), "three\n640 root adm");
  await sh("echo since >> /etc/trial.d");
  const refused = await t.throwsAsync(records.rollBack(run, host.shell), { instanceOf: ProvisionError });
  t.deepEqual([refused?.code, refused?.message.includes("/etc/trial.d: changed since")], ["rollback-refused", true]);
  t.is(await running(), "three\n640 root adm", "nothing was touched");
  await sh("echo made > /etc/trial.d");
  const back = await records.rollBack(run, host.shell);
  t.deepEqual([back.notUndone, back.onlyTheirFiles], [[], ["sysctl[net.ipv4.ip_default_ttl]"]]);
  t.is(await sh("cat /proc/sys/net/ipv4/ip_default_ttl; ls /etc/sysctl.d | grep -c default_ttl"), "70\n0");
  t.deepEqual(back.outcomes, [
    "done file[/etc/sysctl.d/70-provision-net.ipv4.ip_default_ttl.conf]",
    "done file[/etc/trial.old]",
    "done link[/etc/trial.link]",
    "done file[/etc/trial.d]",
    "done file[/etc/trial.conf]",
    "done service[trial.service]",
  ]);
  t.is(await running(), "two\n640 root adm");
  t.is(
    (await sh("stat -c '%a %u %g %Y' /etc/trial.old; cat /etc/trial.old; readlink /etc/trial.link")).replace(
      / \d+\n/,
      "\n",
    ),
    before.replace(/ \d+\n/, "\n"),
  );
  t.is(await sh("ls -d /etc/trial.d 2>/dev/null"), "");
  const again = await converge(unit("three"));
  t.deepEqual(outcomes(again), ["done file[/etc/trial.conf]", "done service[trial.service]"]);
  t.is(await running(), "three\n640 root adm", "what isn't taken out of the code comes back");
});

test.serial("what no role declares any more is listed, then purged: service, files, package", async (t) => {
  const kept = file("/etc/trial.kept", { content: "k\n" });
  await converge([osPackage("less"), ...unit("three"), kept]);
  t.is(await sh("dpkg -s less | grep ^Status"), "Status: install ok installed");
  const listed = await converge([kept]);
  t.is(listed.outcome, "unchanged");
  t.true(listed.orphans.some(({ reference, removal }) => reference === "package[less]" && removal === "purge"));
  t.is(await sh("systemctl is-active trial.service"), "active", "only listed");
  const purged = await converge([kept], { purge: true });
  t.is(purged.outcome, "changed", JSON.stringify([purged.error, outcomes(purged)]));
  t.is(await sh("ls -d /etc/trial.conf /etc/trial.link /etc/systemd/system/trial.service 2>/dev/null"), "");
  t.not(await sh("dpkg -s less | grep ^Status"), "Status: install ok installed");
  t.is(await sh("cat /etc/trial.kept"), "k");
  const after = await converge([kept], { purge: true });
  t.is(after.outcome, "unchanged");
  t.deepEqual(
    after.orphans.filter(({ removal }) => removal === "purge"),
    [],
  );
});
