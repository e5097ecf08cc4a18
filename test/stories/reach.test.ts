import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../src/clock.ts";
import { encodeCatalogue } from "../../src/converge/catalogue-text.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { service } from "../../src/converge/resources/service.ts";
import { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { openContainer } from "../../src/transport/container.ts";
import type { Command, RunOptions, RunResult, Shell } from "../../src/transport/shell.ts";
import { catalogueOf } from "../converge/scratch.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** A machine that is reached without SSH: from inside, as at its first boot, and as a container of this machine. */

let container: Container;
let pid: number;
let inside: Shell;
const folder = mkdtempSync(join(tmpdir(), "provision-reach-"));
const name = "reach";

test.before(async () => {
  container = await startContainer(name);
  pid = await leaderOf(container);
  inside = await openContainer({ kind: "pid", pid }, { clock: systemClock });
});

test.after.always(async () => {
  await inside?.close();
  await container?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Its first process as this machine counts it: number 1 within, and with the boot's own random host name file. */
async function leaderOf({ shell }: Container): Promise<number> {
  await shell.run({ argv: ["touch", `/run/leader-${process.pid}`] });
  const found = readdirSync("/proc").filter((one) => {
    if (!/^\d+$/.test(one) || !/^NSpid:\t\d+\t1$/m.test(tryRead(`/proc/${one}/status`))) return false;
    return statSync(`/proc/${one}/root/run/leader-${process.pid}`, { throwIfNoEntry: false }) !== undefined;
  });
  return Number(found[0]);
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const cases: readonly (readonly [string, Command, RunOptions, Partial<RunResult>])[] = [
  ["runs words as they are", { argv: ["printf", "%s|", "$HOME", "a b", "'", ""] }, {}, { stdout: "$HOME|a b|'||" }],
  [
    "tells the exit code",
    { script: "echo out; echo err >&2; exit 7" },
    {},
    { exitCode: 7, stdout: "out\n", stderr: "err\n" },
  ],
  ["has 127 for no such program", { argv: ["/nonexistent/program"] }, {}, { exitCode: 127 }],
  ["feeds text", { argv: ["cat"] }, { stdin: "línea\n" }, { stdout: "línea\n" }],
  ["feeds a script's input", { script: "read x; echo got $x" }, { stdin: "one\n" }, { stdout: "got one\n" }],
  ["sets the environment", { script: 'echo "$A"' }, { environment: { A: "b 'c' $d" } }, { stdout: "b 'c' $d\n" }],
  ["sets the folder", { argv: ["pwd"] }, { cwd: "/usr/share" }, { stdout: "/usr/share\n" }],
  ["carries a long script", { script: `: ${"x".repeat(300_000)}\necho done` }, {}, { stdout: "done\n" }],
  [
    "is root, at home, with nothing of this machine's environment",
    { script: "id -u; env | sort | grep -v '^_='" },
    {},
    {
      stdout: "0\nHOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/\n",
    },
  ],
];

for (const [what, command, options, expected] of cases) {
  test.serial(`a container's shell ${what}`, async (t) => {
    t.like(await inside.run(command, options), expected);
  });
}

test.serial("it is the container that is entered, with its processes, its network and its systemd", async (t) => {
  const script = "cat /proc/1/comm; ip -o -4 addr show; systemctl is-active ssh; ls /run/leader-*";
  const { stdout } = await inside.run({ script });
  t.is(stdout.split("\n")[0], "systemd");
  t.true(stdout.includes(container.address), stdout);
  t.true(stdout.includes("\nactive\n"));
  t.true(stdout.includes(`/run/leader-${process.pid}`));
});

test.serial("a command in a container ends at its deadline, on the inside too", async (t) => {
  const seconds = `34.${process.pid}`;
  const running = inside.run({ argv: ["sleep", seconds] }, { timeoutMs: 500 });
  t.is((await t.throwsAsync(running, { instanceOf: ProvisionError }))?.code, "command-timeout");
  await systemClock.sleep(200);
  const { stdout } = await inside.run({ script: `ps -eo args | grep -c '^sleep ${seconds}' || :` });
  t.is(stdout.trim(), "0");
});

test.serial("a container that isn't there is told as such", async (t) => {
  for (const target of [
    { kind: "pid", pid: 4_000_000 },
    { kind: "machine", name: "nosuch" },
    { kind: "docker", name: "nosuch" },
  ] as const) {
    const error = await t.throwsAsync(openContainer(target, { clock: systemClock }), { instanceOf: ProvisionError });
    t.is(error?.code, "container-missing", JSON.stringify(target));
  }
});

const program = join(import.meta.dirname, "../../bin/start.ts");
const own = [process.execPath, "--disable-warning=ExperimentalWarning", program] as const;

/** The command line with a catalogue; `PROVISION_NODE_STATE` keeps the engine's records of this machine elsewhere. */
function applyFrom(argv: readonly string[], input = "") {
  const environment = { ...process.env, PROVISION_NODE_STATE: join(folder, "state"), PROVISION_CACHE_DIR: folder };
  const [node, ...rest] = own;
  const { status, stdout, stderr } = spawnSync(node, [...rest, "apply", ...argv], {
    ...{ input, encoding: "utf8", env: environment, cwd: folder },
  });
  return { status, stdout, stderr };
}

const written = (name: string) => {
  const place = directory(join(folder, name));
  const key = file(join(folder, name, "key"), { content: new Secret("sesame\n"), mode: "0600" });
  return encodeCatalogue(catalogueOf([place, key]), { reveal: true });
};

test.serial("a machine applies a catalogue to itself from standard input, without an inventory", (t) => {
  const first = applyFrom(["--from", "-"], written("own"));
  t.is(first.status, 0, first.stderr);
  t.regex(first.stdout, /✔ file\[.*\/own\/key\]\nweb01: 2 changed, 0 failed, 0 not tried, 0 as they were\n$/);
  t.is(readFileSync(join(folder, "own/key"), "utf8"), "sesame\n");
  t.regex(applyFrom(["--from", "-"], written("own")).stdout, /^web01: nothing to do, 2 resources as they should be\n$/);
  t.notRegex(first.stdout, /sesame/);
});

test.serial("a step that fails is told with its resource, and the exit status says so", (t) => {
  writeFileSync(join(folder, "wall"), "");
  const broken = encodeCatalogue(catalogueOf([file(join(folder, "wall/x"), { content: "x" })]), { reveal: false });
  const { status, stdout } = applyFrom(["--from", "-"], broken);
  t.is(status, 1);
  t.regex(stdout, /resource-failed/);
  t.regex(stdout, /0 changed, 1 failed/);
});

for (const [says, argv, input, code] of [
  ["no catalogue", ["--from", "-"], "hello", "catalogue-unreadable"],
  ["a file that isn't there", ["--from", "nosuch.json"], "", "catalogue-file"],
  ["a container without a kind", ["--from", "-", "--in", "web"], written("x"), "container-unnamed"],
] as const) {
  test.serial(`${says} is refused before anything is done`, (t) => {
    const { status, stderr } = applyFrom(argv, input);
    t.not(status, 0);
    t.true(stderr.includes(code), stderr);
  });
}

test.serial("a container of this machine is converged without SSH, its services too", async (t) => {
  const unit = file("/etc/systemd/system/trial.service", {
    content: "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n",
  });
  const catalogue = catalogueOf([unit, service("trial.service", { enabled: true, running: true, subscribe: [unit] })]);
  writeFileSync(join(folder, "trial.json"), encodeCatalogue(catalogue, { reveal: false }));
  const argv = ["--from", "trial.json", "--in", `pid:${pid}`];
  const first = applyFrom(argv);
  t.is(first.status, 0, first.stdout + first.stderr);
  t.is((await container.shell.run({ argv: ["systemctl", "is-active", "trial.service"] })).stdout.trim(), "active");
  t.regex(applyFrom(argv).stdout, /nothing to do, 2 resources/);
  t.is(execFileSync("sh", ["-c", "systemctl cat trial.service 2>/dev/null | wc -l"], { encoding: "utf8" }).trim(), "0");
});

test.serial("a node's catalogue goes into a new file that only its owner can read", (t) => {
  const inventory = join(import.meta.dirname, "../../inventory");
  const write = () =>
    spawnSync(own[0], [...own.slice(1), "--inventory", inventory, "catalogue", "web01", "--output", "web01.json"], {
      ...{ encoding: "utf8", cwd: folder, env: { ...process.env, PROVISION_CACHE_DIR: folder } },
    });
  const first = write();
  t.is(first.status, 0, first.stderr);
  t.is(statSync(join(folder, "web01.json")).mode & 0o777, 0o600);
  t.like(JSON.parse(readFileSync(join(folder, "web01.json"), "utf8")), {
    format: "provision-catalogue/1",
    node: "web01",
  });
  const second = write();
  t.not(second.status, 0);
  t.regex(second.stderr, /catalogue-file/);
});
