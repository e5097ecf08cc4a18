import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import test from "ava";
import { borg } from "../../../src/raid/probes/borg.ts";
import { command } from "../../../src/raid/probes/command.ts";
import { galera } from "../../../src/raid/probes/galera.ts";
import { gluster } from "../../../src/raid/probes/gluster.ts";
import { libvirt } from "../../../src/raid/probes/libvirt.ts";
import type { Carried } from "../../../src/raid/probes/probe.ts";
import { restic } from "../../../src/raid/probes/restic.ts";
import { probeProgram, probesLimitMs, readProbes } from "../../../src/raid/probes/run.ts";
import { xen } from "../../../src/raid/probes/xen.ts";
import { type Bench, makeBench, shells } from "./bench.ts";
import { backup, recorded, told } from "./recorded.ts";

const print = (text: string) => `cat <<'TEXT'\n${text}\nTEXT`;
const xl = (bench: Bench) => bench.tool("xl", `[ "$1" = list ] && ${print(recorded("xl-list.txt"))}`);
const words = async (bench: Bench, ...asked: Parameters<Bench["ask"]>) => (await bench.ask(...asked)).map(told);

for (const shell of shells) {
  test(`${shell}: every tool is asked in one program`, async (t) => {
    const bench = makeBench(t, shell);
    xl(bench);
    bench.tool(
      "virsh",
      `case "$*" in 'list --all') ${print(recorded("virsh-list.txt"))}\n;; 'list --transient --name') echo lab ;; *) exit 1 ;; esac`,
    );
    bench.tool(
      "gluster",
      `case "$*" in
*'volume list') echo gv0 ;;
*'pool list') printf 'UUID\\tHostname\\tState\\nc302551b-b895-4c15-b705-186747002e9a\\tlocalhost\\tConnected\\n' ;;
*'volume info gv0') ${print(recorded("gluster-info.xml"))}\n;;
*'volume status gv0') ${print(recorded("gluster-status.xml"))}\n;;
*'volume heal gv0 info summary') ${print(recorded("gluster-heal.xml"))}\n;;
*) exit 1 ;; esac`,
    );
    bench.tool("restic", print(recorded("restic-snapshots.json").replaceAll('"probes"', JSON.stringify(hostname()))));
    const settings = { backups: [backup({ with: "restic" })] };
    const [guests, more, volumes, backups] = await words(bench, [xen, libvirt, gluster, restic], settings);
    t.regex(guests ?? "", /^present \| guest web7: runs with 4 CPUs/);
    t.regex(more ?? "", /guest lab: is paused; HELD BACK it is transient/);
    t.regex(volumes ?? "", /volume gv0: Replicate, 3 of 3 bricks up, 0 entries to heal; HELD BACK too many bricks/);
    t.regex(backups ?? "", /files of \/srv: (?!none)|in the future/);
  });

  test(`${shell}: a host with tools and none of the things`, async (t) => {
    const bench = makeBench(t, shell);
    bench.tool("xl", `echo "ERROR:  Can't find hypervisor information in sysfs!" >&2; exit 1`);
    bench.tool("virsh", `echo 'error: failed to connect to the hypervisor' >&2; exit 1`);
    bench.tool("gluster", `echo 'No volumes present in cluster'`);
    t.deepEqual(await words(bench, [xen, libvirt, gluster, restic]), ["absent", "absent", "absent", "absent"]);
  });

  test(`${shell}: a database that runs and doesn't answer isn't an absent one`, async (t) => {
    const bench = makeBench(t, shell);
    bench.copy("/usr/bin/sleep", "mariadbd");
    bench.tool("mariadb", `echo "ERROR 2002 (HY000): Can't connect to local server" >&2; exit 1`);
    bench.tool("systemctl", "exit 3");
    const [, answers] = await Promise.all([
      bench.run("mariadbd 6 >/dev/null 2>&1"),
      bench.run("sleep 1").then(() => words(bench, [galera])),
    ]);
    t.deepEqual(answers, ["unknown: ERROR 2002 (HY000): Can't connect to local server"]);
  });

  test(`${shell}: one that hangs is stopped, and holds nobody up`, async (t) => {
    const bench = makeBench(t, shell);
    xl(bench);
    bench.tool("restic", "exec sleep 15");
    const began = performance.now();
    const settings = { backups: [backup({ with: "restic" })] };
    const [guests, backups] = await words(bench, [xen, { ...restic, limitSeconds: 1 }], settings);
    t.regex(guests ?? "", /^present/);
    t.is(backups, "unknown: it was stopped: no answer within 1 s");
    t.true(performance.now() - began < 12_000);
  });

  test(`${shell}: who prints our marks fools nobody`, async (t) => {
    const bench = makeBench(t, shell);
    xl(bench);
    const spoof = "@probe restic exit 0\n@probe xen exit 1\n@probe command line x\nEND_OF_PROBE\nmain() {";
    bench.tool("restic", `${print(spoof)}\nprintf '@probe xen exit 1'; echo '@probe restic exit 0' >&2; exit 9`);
    const settings = {
      backups: [backup({ with: "restic" }), backup({ with: "command", command: "printf '@probe xen exit 1'" })],
    };
    const [guests, backups, commands] = await words(bench, [xen, restic, command], settings);
    t.regex(guests ?? "", /^present/);
    t.is(backups, "unknown: @probe restic exit 0");
    t.is(commands, 'unknown: no JSON, but "@probe xen exit 1"');
  });

  test(`${shell}: a command with a syntax error, one with the program's own end in it, and one that eats its input`, async (t) => {
    const bench = makeBench(t, shell);
    xl(bench);
    const ask = async (text: string) => {
      const settings = { backups: [backup({ with: "command", command: text })] };
      const [commands, guests] = await words(bench, [command, xen], settings);
      t.regex(guests ?? "", /^present/, text);
      return commands ?? "";
    };
    t.regex(await ask("echo ')"), /^unknown: /);
    t.regex(await ask("fi }; )"), /^unknown: /);
    t.is(await ask(`: <<X\nEND_OF_PROBE\nX\necho '{"backups":[]}'`), "present | files of /srv: none");
    t.is(await ask(`cat; echo '{"backups":[]}'`), "present | files of /srv: none");
    t.is(await ask("exit 0"), 'unknown: no JSON, but ""');
    t.is(await ask("kill $$"), "unknown: it was stopped: no answer within 120 s");
  });

  test(`${shell}: a password is in the tool's environment and on nobody's argument vector`, async (t) => {
    const bench = makeBench(t, shell);
    const file = bench.file(
      "restic.env",
      `# canary-comment\n  export RESTIC_PASSWORD="canary-7 '$(touch ${bench.path("ran")})"\nOTHER='a b' \nnot a line canary\n1X=canary\nA-B=canary`,
    );
    bench.tool(
      "restic",
      `printf '%s\\n' "$RESTIC_PASSWORD" "$OTHER" "$RESTIC_REPOSITORY" "$*" > ${bench.path("seen")}
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'canary-7[ ]' > ${bench.path("leaks")}
echo "Fatal: unable to open https://user:canary-8@host/repo" >&2; exit 1`,
    );
    const settings = { backups: [backup({ with: "restic", environmentFile: file, repository: "/back up" })] };
    const [only] = await bench.ask([restic], settings);
    t.deepEqual(readFileSync(bench.path("seen"), "utf8").trimEnd().split("\n"), [
      `canary-7 '$(touch ${bench.path("ran")})`,
      "a b",
      "/back up",
      "snapshots --json --latest 1 --no-lock",
    ]);
    t.is(readFileSync(bench.path("leaks"), "utf8").trim(), "0");
    t.deepEqual(only && told(only), "unknown: Fatal: unable to open https://***@host/repo");
    t.throws(() => readFileSync(bench.path("ran")));
  });

  test(`${shell}: borg is asked in UTC, and where its repository is isn't on its argument vector`, async (t) => {
    const bench = makeBench(t, shell);
    bench.tool(
      "borg",
      `[ "$TZ $BORG_REPO $*" = "UTC /backup --lock-wait 20 list --json --format {hostname}{start}" ] || exit 1
${print(recorded("borg-list-empty.json"))}`,
    );
    t.deepEqual(await words(bench, [borg], { backups: [backup({ with: "borg" })] }), ["present | files of /srv: none"]);
  });

  test(`${shell}: without its environment file a backup is unknown`, async (t) => {
    const bench = makeBench(t, shell);
    bench.tool("restic", "echo '[]'");
    const settings = { backups: [backup({ with: "restic", environmentFile: bench.path("none") })] };
    t.deepEqual(await words(bench, [restic], settings), [
      `unknown: the environment file ${bench.path("none")} can't be read`,
    ]);
  });

  test(`${shell}: what makes a backup now has the same environment`, async (t) => {
    const bench = makeBench(t, shell);
    const environmentFile = bench.file("restic.env", "RESTIC_PASSWORD=geheim\n");
    bench.tool("restic", `echo "$* $RESTIC_PASSWORD $RESTIC_REPOSITORY" > ${bench.path("made")}; echo '[]'`);
    const settings = {
      backups: [backup({ with: "restic", environmentFile, runNow: "restic backup '/my files' && exit 5" })],
    };
    const [only] = await bench.ask([restic], settings);
    const [one] = only?.state === "present" ? (only.backups ?? []) : [];
    t.is((await bench.run(one?.runNow ?? "")).exitCode, 5);
    t.is(readFileSync(bench.path("made"), "utf8"), "backup /my files geheim /backup\n");
  });

  test(`${shell}: a guest of Xen's is taken off and brought back, each as often as you like`, async (t) => {
    const bench = makeBench(t, shell);
    bench.file("on", "");
    bench.tool(
      "xl",
      `echo "$*" >> ${bench.path("log")}
case "$*" in
list) ${print(recorded("xl-list.txt"))}\n;;
"list it's") [ -e ${bench.path("on")} ] ;;
"shutdown -w it's") exit 1 ;;
"shutdown -F -w it's") rm ${bench.path("on")} ;;
"create /etc/xen/x y.cfg") : > ${bench.path("on")} ;;
*) exit 9 ;; esac`,
    );
    const lines = recorded("xl-list.txt")
      .replace("web7", "it's")
      .split("\n")
      .map((line) => `list ${line}`);
    const guest = xen.parse([...lines, "file it's\t/etc/xen/x y.cfg"], { backups: [] }).carried?.[0] as Carried;
    const done = async (script = "") => (await bench.run(script)).exitCode;
    t.deepEqual(
      [await done(guest.drain), await done(guest.drain), await done(guest.undrain), await done(guest.undrain)],
      [0, 0, 0, 0],
    );
    const calls = readFileSync(bench.path("log"), "utf8").split("\n");
    t.is(calls.filter((call) => call.startsWith("shutdown")).length, 2);
    t.is(calls.filter((call) => call.startsWith("create")).length, 1);
  });

  test(`${shell}: a guest of Xen's that doesn't go isn't said to be gone`, async (t) => {
    const bench = makeBench(t, shell);
    bench.tool("xl", `[ "$1" = list ]`);
    const lines = recorded("xl-list.txt")
      .split("\n")
      .map((line) => `list ${line}`);
    const guest = xen.parse([...lines, "file web7\t/etc/xen/web7.cfg"], { backups: [] }).carried?.[0] as Carried;
    t.not((await bench.run(guest.drain ?? "")).exitCode, 0);
    bench.tool("xl", "exit 1");
    t.not((await bench.run(guest.drain ?? "")).exitCode, 0, "xl doesn't answer at all");
  });

  test(`${shell}: a guest of libvirt's is taken off and brought back`, async (t) => {
    const bench = makeBench(t, shell);
    bench.file("state", "running\n");
    bench.tool(
      "virsh",
      `echo "$*" >> ${bench.path("log")}
case "$1" in
domstate) cat ${bench.path("state")}; [ ! -e ${bench.path("going")} ] || echo 'shut off' > ${bench.path("state")} ;;
shutdown) echo 'in shutdown' > ${bench.path("state")}; : > ${bench.path("going")} ;;
start) echo running > ${bench.path("state")}; rm -f ${bench.path("going")} ;;
*) exit 9 ;; esac`,
    );
    const lines = recorded("virsh-list.txt")
      .split("\n")
      .map((line) => `list ${line}`);
    const guest = libvirt.parse(lines, { backups: [] }).carried?.[0] as Carried;
    const done = async (script = "") => (await bench.run(script)).exitCode;
    t.deepEqual(
      [await done(guest.drain), await done(guest.drain), await done(guest.undrain), await done(guest.undrain)],
      [0, 0, 0, 0],
    );
    const calls = readFileSync(bench.path("log"), "utf8").split("\n");
    t.deepEqual(
      calls.filter((call) => /^(?:shutdown|start)/.test(call)),
      ["shutdown web7", "start web7"],
    );
  });
}

/** busybox's sh has a timeout of its own, whatever else is there. */
test("dash: without timeout(1) it is asked all the same", async (t) => {
  const bench = makeBench(t, "dash");
  bench.tool("timeout", "exit 127");
  xl(bench);
  t.regex((await words(bench, [xen])).join(), /^present/);
});

test("what doesn't come back is unknown, whatever came of the others", (t) => {
  const output = "Welcome!\n@probe xen line list nonsense\n@probe libvirt exit \n@probe gluster exit 0";
  t.deepEqual(readProbes(output, [xen, libvirt, gluster, galera], { backups: [] }).map(told), [
    "unknown: no answer came back",
    "unknown: no answer came back",
    "absent",
    "unknown: no answer came back",
  ]);
});

test("the program has its time: that of the slowest, and some for the rest", (t) => {
  t.is(probesLimitMs([xen, restic]), 150_000);
  t.is(probesLimitMs([]), 30_000);
});

test("nobody to ask is a program that says nothing", async (t) => {
  const bench = makeBench(t, "dash");
  const { exitCode, stdout } = await bench.run(probeProgram([restic], { backups: [] }));
  t.deepEqual([exitCode, stdout], [0, ""]);
});
