import test from "ava";
import { systemClock } from "../../src/clock.ts";
import type { Assertion } from "../../src/converge/assertion.ts";
import { type AssertionResult, verify } from "../../src/converge/verify.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** Promises over real services: MariaDB, and a GlusterFS volume whose brick dies and comes back. */

let container: Container;
const installMs = 600_000;

const run = async (script: string) => {
  const result = await container.shell.run({ script }, { timeoutMs: installMs });
  if (result.exitCode !== 0) throw new Error(`${script}\n${result.stdout}${result.stderr}`);
  return result.stdout;
};

test.before(async () => {
  container = await startContainer("verify");
  await run(`export DEBIAN_FRONTEND=noninteractive
apt-get update -q && apt-get install -y -q --no-install-recommends glusterfs-server mariadb-server
systemctl start glusterd mariadb
mkdir -p /brick1 /brick2 /mnt/data
gluster --mode=script volume create data replica 2 "$(hostname):/brick1" "$(hostname):/brick2" force
gluster --mode=script volume start data
mount -t tmpfs -o size=1m,noatime tmpfs /mnt/data`);
});

test.after.always(() => container?.stop());

const volume: Assertion = { kind: "gluster", says: "the volume is whole", volume: "data", bricks: 2 };
const ask = async (assertion: Assertion, deadlineMs = 0): Promise<AssertionResult | undefined> =>
  (await verify([assertion], container.shell, { clock: systemClock, deadlineMs }))[0];

test.serial("a whole volume, a database that answers and a mount are seen in one execution a round", async (t) => {
  let executions = 0;
  const shell: typeof container.shell = {
    ...container.shell,
    run: (...given) => {
      executions++;
      return container.shell.run(...given);
    },
  };
  const promises: Assertion[] = [
    volume,
    { kind: "mariadb", says: "it answers", query: "select concat('a', 'b'); select 7", prints: "^ab$" },
    { kind: "mariadb", says: "in a database", query: "select database()", database: "mysql", prints: "^mysql$" },
    { kind: "mount", says: "it is mounted", path: "/mnt/data", fstype: "tmpfs", options: ["noatime"] },
    { kind: "file", says: "it is private", path: "/var/lib/mysql", mode: "0755", owner: "mysql" },
  ];
  const rounds = { count: 0 };
  const onRound = () => void rounds.count++;
  const results = await verify(promises, shell, { clock: systemClock, deadlineMs: 60_000, onRound });
  t.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  t.is(executions, rounds.count);
});

test.serial("a database that refuses says what", async (t) => {
  const refused = await ask({ kind: "mariadb", says: "", query: "select nosuch", prints: "." });
  t.false(refused?.ok);
  t.regex(refused?.evidence.join(" ") ?? "", /Unknown column/);
});

test.serial("a dead brick is offline, and what it has to heal isn't taken for nothing", async (t) => {
  await run(`gluster volume status data | awk '/brick2/ { system("kill -9 " $NF) }'; sleep 2`);
  const dead = await ask(volume, 20_000);
  t.false(dead?.ok);
  const said = dead?.evidence.join("\n") ?? "";
  t.regex(said, /1 of 2 bricks online/);
  t.regex(said, /\/brick2 is offline/);
  t.regex(said, /what \S+\/brick2 has to heal isn't known/);
});

test.serial("what comes back within the deadline is seen true", async (t) => {
  const waiting = ask(volume, 90_000);
  await run("sleep 2; gluster --mode=script volume start data force");
  const back = await waiting;
  t.true(back?.ok, back?.evidence.join("\n"));
});

test.serial("a volume that isn't there is told in gluster's own words", async (t) => {
  const missing = await ask({ ...volume, volume: "nosuch" } as Assertion);
  t.false(missing?.ok);
  t.regex(missing?.evidence.join(" ") ?? "", /does not exist/);
});
