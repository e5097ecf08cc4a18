import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { groupFolder } from "../../src/sim/hosts/cgroup.ts";
import { type ContainerLab, startContainers } from "../../src/sim/hosts/containers.ts";
import type { TestHost } from "../../src/sim/hosts/host.ts";
import { folders } from "../roles/container.ts";

/** Two hosts on one bridge: what keeps them apart from each other and from this machine. */
let lab: ContainerLab;

const [one, two] = ["one", "two"];
const hostOf = (name: string) => lab.hosts.find((host) => host.name === name) as TestHost;
const say = async (name: string, script: string) => {
  const { exitCode, stdout, stderr } = await hostOf(name).shell.run({ script });
  return { exitCode, text: `${stdout}${stderr}`.trim() };
};

test.before(async () => {
  lab = await startContainers({ hosts: [{ name: one }, { name: two }], ...folders, clock });
});

test.after.always(async () => {
  await lab?.stop();
});

for (const name of [one, two]) {
  test.serial(`${name} can't set the clock, which is the machine's`, async (t) => {
    const bounding = BigInt(`0x${/CapBnd:\s*(\w+)/.exec((await say(name, "cat /proc/1/status")).text)?.[1]}`);
    t.is((bounding >> 25n) & 1n, 0n, "CAP_SYS_TIME");
    const before = clock.now().getTime();
    const { exitCode, text } = await say(name, "date -s '2001-02-03 04:05:06'");
    t.not(exitCode, 0);
    t.true(text.includes("Operation not permitted"), text);
    t.true(Math.abs(clock.now().getTime() - before) < 60_000);
  });

  test.serial(`${name} has no way out`, async (t) => {
    t.is((await say(name, "ip route show default; ip -6 route show default")).text, "");
    t.not((await say(name, "curl -s -m 3 http://198.51.100.1/")).exitCode, 0);
  });

  test.serial(`${name} can't touch the kernel's settings, but its own network's`, async (t) => {
    t.not((await say(name, "echo 1 > /proc/sys/vm/overcommit_memory")).exitCode, 0);
    t.is((await say(name, "echo 1234 > /proc/sys/net/core/somaxconn; cat /proc/sys/net/core/somaxconn")).text, "1234");
    t.not(readFileSync("/proc/sys/net/core/somaxconn", "utf8").trim(), "1234");
  });

  test.serial(`${name} is up with all of its units, and is who it says`, async (t) => {
    t.is((await say(name, "systemctl is-system-running")).text, "running");
    t.is((await say(name, "hostname")).text, name);
  });
}

test.serial("each has its own identity", async (t) => {
  for (const path of ["/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub"]) {
    t.not((await say(one, `cat ${path}`)).text, (await say(two, `cat ${path}`)).text, path);
  }
});

test.serial("they reach each other by name, and their site", async (t) => {
  t.true((await say(one, `getent hosts ${two}`)).text.startsWith(hostOf(two).address));
  t.is((await say(one, `bash -c 'exec 3<>/dev/tcp/${two}/22 && echo open'`)).text, "open");
  t.regex((await say(two, `curl -s http://${lab.siteAddress}:8080/`)).text, /^page \d+$/);
  t.is((await say(two, "apt-get -q update >/dev/null 2>&1; apt-cache policy varnish | grep -c Candidate")).text, "1");
});

const unit = "[Service]\\nExecStart=/bin/sleep infinity\\n";
const pidOf = async (name: string) => (await say(name, "systemctl show -p MainPID --value napper")).text;

test.serial("a unit that is killed in one goes on in the other, though both bear the same name", async (t) => {
  for (const name of [one, two]) {
    await say(
      name,
      `printf '${unit}' > /etc/systemd/system/napper.service; systemctl daemon-reload; systemctl start napper`,
    );
  }
  const before = await pidOf(two);
  t.not(before, "0");
  const killed = await say(one, "systemctl kill -s KILL napper");
  t.deepEqual(killed, { exitCode: 0, text: "" });
  t.is((await say(one, "sleep 0.5; systemctl is-active napper")).text, "failed");
  t.deepEqual([(await say(two, "systemctl is-active napper")).text, await pidOf(two)], ["active", before]);
});

test.serial(
  "a host that reboots comes back as it was left, with what is enabled, and the other doesn't notice",
  async (t) => {
    const connection = await hostOf(one).connect();
    const before = await pidOf(two);
    await say(
      one,
      "echo kept > /var/lib/kept; printf '\\n[Install]\\nWantedBy=multi-user.target\\n' >> /etc/systemd/system/napper.service; systemctl daemon-reload; systemctl -q enable napper",
    );
    await hostOf(one).reboot();
    t.deepEqual(await say(one, "cat /var/lib/kept; systemctl is-active napper"), { exitCode: 0, text: "kept\nactive" });
    t.is(await pidOf(two), before);
    await t.throwsAsync(connection.run({ argv: ["true"] }), { message: /was lost/ });
  },
);

test.serial("one host is stopped, and the other works on; then nothing of the lab is left", async (t) => {
  await hostOf(one).stop();
  t.is((await say(two, "systemctl is-active napper")).text, "active");
  await lab.stop();
  t.deepEqual(traces(lab.name), []);
  await t.notThrowsAsync(lab.stop());
});

/** Whatever bears a lab's name: namespaces, mounts, control groups, folders, processes. */
function traces(name: string): string[] {
  const below = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).filter((entry) => entry.startsWith(name)) : [];
  const processes = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(name));
  return [
    ...below("/run/netns"),
    ...readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(name)),
    ...(existsSync(groupFolder(name)) ? [groupFolder(name)] : []),
    ...below(join(folders.cacheDir, "containers/labs")),
    ...below(folders.runDir),
    ...processes.map((pid) => `${pid} ${commandLine(pid)}`),
  ];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

const starter = `
import { startContainers } from "./src/sim/hosts/containers.ts";
import { systemClock as clock } from "./src/clock.ts";
const lab = await startContainers({ hosts: [{ name: "orphan" }], ...${JSON.stringify(folders)}, clock });
console.log(lab.name);
setInterval(() => {}, 1000);`;

test.serial("what a killed run left is swept by the next one, and a living one's is not", async (t) => {
  const root = join(import.meta.dirname, "../..");
  const child = spawn(process.execPath, ["--input-type=module", "-e", starter], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const orphan = said.toString().trim();
  const first = await startContainers({ hosts: [{ name: one }], ...folders, clock });
  await first.stop();
  t.true(traces(orphan).length > 4, "its owner lives");
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  t.true(traces(orphan).length > 4, "nobody has swept yet");
  const second = await startContainers({ hosts: [{ name: one }], ...folders, clock });
  await second.stop();
  t.deepEqual(traces(orphan), []);
});

test.serial("hosts that can't be started leave nothing, and say why", async (t) => {
  const before = readdirSync("/run/netns").filter((name) => name.startsWith(`provision-test-${process.pid}-`));
  const hosts = [{ name: one }, { name: two, layers: () => ["/no/such/layer"] }];
  const error = await t.throwsAsync(startContainers({ hosts, ...folders, clock }), { code: "hosts-command-failed" });
  t.true(error?.message.includes("overlay"), error?.message);
  t.deepEqual(
    readdirSync("/run/netns").filter((name) => name.startsWith(`provision-test-${process.pid}-`)),
    before,
  );
  t.deepEqual(traces(`provision-test-${process.pid}-`), []);
});
