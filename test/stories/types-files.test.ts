import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { type Catalogue, compileCatalogue } from "../../src/converge/catalogue.ts";
import { describePlan } from "../../src/converge/describe.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { archive } from "../../src/converge/resources/archive.ts";
import { authorizedKey } from "../../src/converge/resources/authorized-key.ts";
import { block } from "../../src/converge/resources/block.ts";
import { cron } from "../../src/converge/resources/cron.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { exec } from "../../src/converge/resources/exec.ts";
import { file } from "../../src/converge/resources/file.ts";
import { git } from "../../src/converge/resources/git.ts";
import { group } from "../../src/converge/resources/group.ts";
import { hostEntry } from "../../src/converge/resources/host-entry.ts";
import { iniSetting } from "../../src/converge/resources/ini-setting.ts";
import { knownHost } from "../../src/converge/resources/known-host.ts";
import { line } from "../../src/converge/resources/line.ts";
import { link } from "../../src/converge/resources/link.ts";
import { resourceTypes } from "../../src/converge/resources/list.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { sudoRule } from "../../src/converge/resources/sudo-rule.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import { template } from "../../src/converge/resources/template.ts";
import { user } from "../../src/converge/resources/user.ts";
import { defineRole } from "../../src/converge/role.ts";
import { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { testNode } from "../converge/scratch.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** Every type that owns files, accounts or commands, on a Debian machine: made, broken by hand, mended, taken away. The steps build on each other. */
let host: Container;
let shell: Shell;
let executions = 0;

const key = `ssh-ed25519 ${"A".repeat(68)}`;
const tarball = packTarball();
const sources = `Types: deb\nURIs: http://192.0.2.1:8077/packages/debian\nSuites: bookworm\nComponents: main\nTrusted: yes\n`;

function packTarball(): { bytes: Uint8Array; sha256: string } {
  const folder = mkdtempSync(join(tmpdir(), "provision-types-"));
  mkdirSync(join(folder, "tool-1/bin"), { recursive: true });
  writeFileSync(join(folder, "tool-1/bin/tool"), "#!/bin/sh\necho tool\n", { mode: 0o755 });
  execFileSync("tar", ["-czf", join(folder, "tool.tar.gz"), "-C", folder, "tool-1"]);
  const bytes = new Uint8Array(readFileSync(join(folder, "tool.tar.gz")));
  rmSync(folder, { recursive: true });
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

const makeOrigin = `git init -q --bare -b main /srv/origin.git
git -c user.name=t -c user.email=t@rack.test clone -q /srv/origin.git /srv/work
cd /srv/work; echo one > page; git add page
git -c user.name=t -c user.email=t@rack.test commit -q -m one; git push -q origin HEAD:main`;

const archives = [
  file("/etc/apt/sources.list", { content: "# See sources.list.d\n" }),
  file("/etc/apt/sources.list.d/provision.sources", { content: sources }),
];
const software = ["sudo", "cron", "git"].map((name) => debianPackage(name, { require: archives }));
const origin = exec("origin", { script: makeOrigin, creates: "/srv/work/page", require: software });
const settings = template("/etc/tool/settings", {
  template: "settings",
  data: { token: new Secret("hunter2") },
  mode: "0640",
  group: "deploy",
});

/** What comes and goes. */
const wanted: readonly Resource[] = [
  group("deploy", { gid: 2000 }),
  user("deploy", { group: "deploy", shell: "/bin/bash", comment: "Deploys" }),
  authorizedKey("ada on deploy", { user: "deploy", key: `${key} ada` }),
  knownHost("git.rack.test", { aliases: ["192.0.2.9"], key }),
  knownHost("[git.rack.test]:2222", { key, user: "deploy" }),
  hostEntry("db01.rack.test", { address: "192.0.2.21", aliases: ["db01"] }),
  directory("/etc/tool", { mode: "0750", group: "deploy" }),
  settings,
  link("/etc/tool/current", { target: "settings" }),
  line("who may try how often", {
    path: "/etc/ssh/sshd_config",
    match: "^#?MaxAuthTries ",
    line: "MaxAuthTries 3",
    validate: ["/usr/sbin/sshd", "-t", "-f", "%"],
  }),
  block("greeting", {
    path: "/etc/ssh/sshd_config",
    content: "PrintMotd yes\n",
    insertBefore: "^#?PrintMotd ",
    validate: ["/usr/sbin/sshd", "-t", "-f", "%"],
  }),
  iniSetting("idle", {
    path: "/etc/systemd/logind.conf",
    section: "Login",
    key: "IdleActionSec",
    value: "10min",
    separator: "=",
  }),
  sudoRule("deploy", { rules: ["deploy ALL=(root) NOPASSWD: /usr/bin/id"] }),
  cron("beat", { schedule: "* * * * *", command: "date +%F > /run/beat", environment: { PATH: "/usr/bin:/bin" } }),
  file("/root/tool.tar.gz", { content: tarball.bytes }),
  archive("/opt/tool", { source: "/root/tool.tar.gz", sha256: tarball.sha256, stripComponents: 1 }),
  git("/srv/app", {
    repository: "/srv/origin.git",
    owner: "deploy",
    group: "deploy",
    discardChanges: true,
    require: [origin],
  }),
  sysctl("net.core.somaxconn", { value: 4097 }),
];
const refreshed = exec("told of new settings", {
  script: "cat /etc/tool/settings >> /root/told",
  refreshOnly: true,
  subscribe: [settings],
});
const daemon = service("cron.service", { enabled: true, running: true });
const everything = [...archives, ...software, daemon, origin, ...wanted, refreshed];

function catalogueOf(resources: readonly Resource[]): Catalogue {
  const role = defineRole({ name: "trial", parameters: z.strictObject({}), resources: () => resources });
  return compileCatalogue({
    node: testNode,
    requests: [{ role: "trial", parameters: {} }],
    roles: [role],
    loadTemplate: () => "token = <%- it.token %>\n",
  });
}

const ask = async (script: string) => (await host.shell.run({ script })).stdout.trim();
const run = (resources: readonly Resource[]) => converge(catalogueOf(resources), shell, { clock });

/** Converges, and again: the second time nothing changes, in one execution. */
async function settle(resources: readonly Resource[]) {
  const report = await run(resources);
  assertConverged(report);
  executions = 0;
  const again = await run(resources);
  return { changed: report.results.map(({ reference }) => reference), again: [again.outcome, executions] };
}

test.before(async () => {
  host = await startContainer("provision-types-files");
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

test.serial("everything is made, and a second converge changes nothing in one execution", async (t) => {
  const { changed, again } = await settle(everything);
  t.is(changed.length, everything.length);
  t.deepEqual(again, ["unchanged", 1]);
});

test.serial("each does what it is for", async (t) => {
  for (const [script, says] of [
    ["sshd -T | grep -i '^maxauthtries'", "maxauthtries 3"],
    ["sshd -T | grep -i '^printmotd'", "printmotd yes"],
    ["sudo -l -U deploy | tail -n 1 | sed 's/^ *//'", "(root) NOPASSWD: /usr/bin/id"],
    ["runuser -u deploy -- sudo -n id -u", "0"],
    ["getent hosts db01 | tr -s ' '", "192.0.2.21 db01.rack.test db01"],
    ["ssh-keygen -F 192.0.2.9 -f /etc/ssh/ssh_known_hosts | grep -c ssh-ed25519", "1"],
    [
      "runuser -u deploy -- ssh-keygen -F '[git.rack.test]:2222' -f /home/deploy/.ssh/known_hosts | grep -c ssh-ed25519",
      "1",
    ],
    [
      "stat -c '%U %a' /home/deploy/.ssh /home/deploy/.ssh/authorized_keys /home/deploy/.ssh/known_hosts",
      "deploy 700\ndeploy 600\ndeploy 600",
    ],
    ["grep -A1 '^\\[Login\\]' /etc/systemd/logind.conf", "[Login]\nIdleActionSec=10min"],
    ["/opt/tool/bin/tool", "tool"],
    ["cat /srv/app/page; stat -c %U /srv/app/page", "one\ndeploy"],
    ["cat /etc/tool/current; stat -c '%a %G' /etc/tool/settings", "token = hunter2\n640 deploy"],
    ["cat /root/told", "token = hunter2"],
    ["cat /proc/sys/net/core/somaxconn", "4097"],
    ["getent passwd deploy | cut -d: -f3-5,7", "1000:2000:Deploys:/bin/bash"],
  ] as const) {
    const found = await ask(script);
    t.is(script.includes("getent passwd") ? found.replace(/^\d+/, "1000") : found, says, script);
  }
});

const breakage = `set -e
rm /etc/tool/current
echo tampered > /etc/tool/settings
sed -i 's/^MaxAuthTries.*/MaxAuthTries 30/' /etc/ssh/sshd_config
sed -i 's/^PrintMotd yes/PrintMotd no/' /etc/ssh/sshd_config
sed -i 's/^IdleActionSec=.*/IdleActionSec=1min/' /etc/systemd/logind.conf
sed -i '/db01/d' /etc/hosts
: > /etc/ssh/ssh_known_hosts
rm /etc/cron.d/beat
chmod 0644 /etc/sudoers.d/deploy
rm -rf /opt/tool
echo by hand > /srv/app/page
echo 128 > /proc/sys/net/core/somaxconn
usermod -s /bin/sh deploy
rm /home/deploy/.ssh/authorized_keys
`;

test.serial("what was broken by hand is found, all of it and nothing else, and mended", async (t) => {
  await ask(breakage);
  const plan = await planCatalogue(catalogueOf(everything), host.shell);
  t.deepEqual(plan.planned.map(({ item }) => item.reference).sort(), [
    "archive[/opt/tool]",
    "authorized_key[ada on deploy]",
    "block[greeting]",
    "cron[beat]",
    "exec[told of new settings]",
    "git[/srv/app]",
    "host_entry[db01.rack.test]",
    "ini_setting[idle]",
    "known_host[git.rack.test]",
    "line[who may try how often]",
    "link[/etc/tool/current]",
    "sudo_rule[deploy]",
    "sysctl[net.core.somaxconn]",
    "template[/etc/tool/settings]",
    "user[deploy]",
  ]);
  const told = describePlan(plan)
    .map(({ text }) => text)
    .join("\n");
  t.regex(told, /line: MaxAuthTries 30 → MaxAuthTries 3\n/);
  t.regex(told, /\[Login\] IdleActionSec: 1min → 10min/);
  t.false(told.includes("hunter2"));
  const { again } = await settle(everything);
  t.deepEqual(again, ["unchanged", 1]);
  t.is(await ask("cat /root/told"), "token = hunter2\ntoken = hunter2");
});

test.serial("visudo refuses a broken rule, sshd a broken line, and the old ones stand", async (t) => {
  const before = await ask("cat /etc/sudoers.d/deploy /etc/ssh/sshd_config | sha256sum");
  const report = await run([
    sudoRule("deploy", { rules: ["deploy ALL=(root NOPASSWD: ALL"] }),
    line("nonsense", {
      path: "/etc/ssh/sshd_config",
      line: "NoSuchOption yes",
      validate: ["/usr/sbin/sshd", "-t", "-f", "%"],
    }),
  ]);
  t.deepEqual(
    report.results.map(({ error }) => error?.code),
    ["validation-failed", "validation-failed"],
  );
  t.true(t.throws(() => assertConverged(report)) instanceof ProvisionError);
  t.is(await ask("cat /etc/sudoers.d/deploy /etc/ssh/sshd_config | sha256sum"), before);
  t.is(await ask("ls -A /etc/sudoers.d /etc/ssh | grep provision-new"), "");
});

/** As a purge of what left the catalogue does it: the type says how its absence is declared, in the opposite order. */
function absences(): Resource[] {
  const titles = wanted.map(({ title }) => title);
  const items = catalogueOf(everything).items.filter(({ type, title }) => type !== "package" && titles.includes(title));
  return items.toReversed().map(({ type: name, title, desired, declared }) => {
    const properties = resourceTypes.find((one) => one.name === name)?.absent?.(desired);
    if (!properties) throw new Error(`${name} can't be purged`);
    return { type: name, title, properties, relations: {}, declared };
  });
}

test.serial("cron ran its command", async (t) => {
  const deadline = clock.monotonicMs() + 70_000;
  while ((await ask("cat /run/beat")) === "" && clock.monotonicMs() < deadline) await clock.sleep(2000);
  t.regex(await ask("cat /run/beat"), /^\d{4}-\d\d-\d\d$/);
});

test.serial("each goes away again, and leaves the rest of the files that it shared", async (t) => {
  const { changed, again } = await settle(absences());
  t.is(changed.length, wanted.length);
  t.deepEqual(again, ["unchanged", 1]);
  t.is(
    await ask(
      "ls -d /etc/tool /opt/tool /srv/app /etc/sudoers.d/deploy /etc/cron.d/beat /root/tool.tar.gz /etc/sysctl.d/70-provision-net.core.somaxconn.conf",
    ),
    "",
  );
  t.is(await ask("getent passwd deploy; getent group deploy; getent hosts db01"), "");
  t.is(await ask("grep -c provision /etc/ssh/sshd_config"), "0");
  t.is(await ask("sshd -T | grep -i '^maxauthtries'"), "maxauthtries 6");
  t.is(await ask("grep -c . /etc/systemd/logind.conf | awk '{ print ($1 > 20) }'"), "1");
});
