import test from "ava";
import { probes } from "../../src/raid/probes/list.ts";
import type { BackupSettings, Carried, ProbeSettings } from "../../src/raid/probes/probe.ts";
import { probeProgram, probesLimitMs, readProbes } from "../../src/raid/probes/run.ts";
import { told } from "../raid/probes/recorded.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** The probes' questions to real tools: restic, borg, MariaDB with Galera, GlusterFS. */

let container: Container;

async function run(script: string): Promise<string> {
  const result = await container.shell.run({ script }, { timeoutMs: 600_000 });
  if (result.exitCode !== 0) throw new Error(`${script}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

async function reports(settings: ProbeSettings) {
  const script = probeProgram(probes, settings);
  const { stdout } = await container.shell.run({ script }, { timeoutMs: probesLimitMs(probes) });
  return readProbes(stdout, probes, settings);
}

/** What one probe came to, in a line. */
async function ask(name: string, backups: readonly BackupSettings[] = []): Promise<string> {
  const found = (await reports({ backups })).find(({ probe }) => probe === name);
  return found ? told(found) : "nobody asked";
}

const backup = (some: Partial<BackupSettings>): BackupSettings => ({
  covers: ["/srv"],
  with: "restic",
  kind: "files",
  maxAgeHours: 26,
  ...some,
});

test.before(async () => {
  container = await startContainer("probes");
  await run(`export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
apt-get update -q && apt-get install -y -q --no-install-recommends mariadb-server galera-4 glusterfs-server restic borgbackup
rm /usr/sbin/policy-rc.d
mkdir -p /srv /home/ops; echo something > /srv/file`);
});

test.after.always(() => container?.stop());

test.serial("tools that are there with nothing in them are absent", async (t) => {
  const all = await reports({ backups: [] });
  t.deepEqual(all.filter(({ state }) => state !== "absent").map(told), []);
});

test.serial(
  "restic: none yet, then one made by what makes one now, another host's left out, a wrong password unknown",
  async (t) => {
    await run("echo RESTIC_PASSWORD=geheim > /etc/restic.env; RESTIC_PASSWORD=geheim restic -r /var/restic init");
    const settings = backup({
      covers: ["/srv", "/home"],
      repository: "/var/restic",
      environmentFile: "/etc/restic.env",
      runNow: "restic backup /srv",
    });
    await run("RESTIC_PASSWORD=geheim restic -r /var/restic backup --host other /srv /home");
    t.is(await ask("restic", [settings]), "present | files of /srv: none | files of /home: none");
    const found = (await reports({ backups: [settings] })).find(({ probe }) => probe === "restic");
    await run((found?.state === "present" && found.backups?.[0]?.runNow) || "exit 1");
    t.regex(await ask("restic", [settings]), /^present \| files of \/srv: \d{1,2} \| files of \/home: none$/);
    await run("echo RESTIC_PASSWORD=falsch > /etc/restic.env");
    t.regex(await ask("restic", [settings]), /^unknown: .*wrong password/);
  },
);

test.serial("borg: the age is right in a zone that isn't UTC; no repository is unknown", async (t) => {
  await run(`echo BORG_PASSPHRASE=geheim > /etc/borg.env; export BORG_PASSPHRASE=geheim
ln -sf /usr/share/zoneinfo/Asia/Kolkata /etc/localtime
borg init -e repokey /var/borg; borg create /var/borg::one /srv`);
  const settings = backup({ with: "borg", repository: "/var/borg", environmentFile: "/etc/borg.env" });
  t.regex(await ask("borg", [settings]), /^present \| files of \/srv: \d{1,2}$/);
  t.regex(await ask("borg", [{ ...settings, repository: "/var/none" }]), /^unknown: .*does not exist/);
});

test.serial(
  "a database alone needs a backup; a cluster of one isn't left; one that is stopped isn't there",
  async (t) => {
    await run("systemctl start mariadb");
    t.regex(await ask("galera"), /^present \| database mariadb: \S+$/);
    await run(`systemctl stop mariadb
cat > /etc/mysql/conf.d/70-galera.cnf <<'C'
[mysqld]
wsrep_on=ON
wsrep_provider=/usr/lib/galera/libgalera_smm.so
wsrep_cluster_name=main
wsrep_cluster_address="gcomm://127.0.0.1,127.0.0.2"
wsrep_node_address=127.0.0.1
binlog_format=row
innodb_autoinc_lock_mode=2
C
galera_new_cluster
for second in 1 2 3 4 5 6 7 8 9 10; do mariadb -N -e "SHOW STATUS LIKE 'wsrep_local_state_comment'" | grep -q Synced && break; sleep 1; done`);
    t.regex(
      await ask("galera"),
      /wsrep cluster main: size 1, Primary, Synced, ready; HELD BACK the cluster has 1 of at least 3/,
    );
    await run("kill -STOP $(pidof mariadbd)");
    t.regex(await ask("galera"), /^unknown: /);
    await run("kill -CONT $(pidof mariadbd); systemctl stop mariadb");
    t.is(await ask("galera"), "absent");
  },
);

test.serial(
  "a volume: bricks of one set on one host, a brick that is down and healed again, and glusterd stopped",
  async (t) => {
    await run(`systemctl start glusterd; mkdir -p /brick1 /brick2 /brick3 /mnt/data
gluster --mode=script volume create data replica 3 "$(hostname):/brick1" "$(hostname):/brick2" "$(hostname):/brick3" force
gluster --mode=script volume start data; sleep 3; mount -t glusterfs localhost:/data /mnt/data`);
    const whole = await ask("gluster");
    t.regex(whole, /volume data: Replicate, 3 of 3 bricks up, 0 entries to heal; HELD BACK too many bricks of one set/);
    await run(`kill -9 $(gluster volume status data | awk '/brick3/ { print $NF }'); sleep 2; echo x > /mnt/data/x`);
    t.regex(
      await ask("gluster"),
      /2 of 3 bricks up, [1-9]\d* entries to heal; HELD BACK entries are still to be healed/,
    );
    const found = (await reports({ backups: [] })).find(({ probe }) => probe === "gluster");
    const [volume] = (found?.state === "present" ? found.carried : undefined) ?? ([] as Carried[]);
    await run("gluster --mode=script volume start data force");
    await run(volume?.undrain ?? "exit 1");
    t.is(await ask("gluster"), whole);
    await run(volume?.drain ?? "exit 1");
    await run("systemctl stop glusterd");
    t.regex(await ask("gluster"), /^unknown: Connection failed/);
  },
);
