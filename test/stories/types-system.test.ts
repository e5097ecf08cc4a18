import { readFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { aptRepository } from "../../src/converge/resources/apt-repository.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { kernelModule } from "../../src/converge/resources/kernel-module.ts";
import { mariadbDatabase } from "../../src/converge/resources/mariadb-database.ts";
import { mariadbUser } from "../../src/converge/resources/mariadb-user.ts";
import { nftables } from "../../src/converge/resources/nftables.ts";
import { osPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { systemdUnit } from "../../src/converge/resources/systemd-unit.ts";
import { timer } from "../../src/converge/resources/timer.ts";
import { tlsCertificate } from "../../src/converge/resources/tls-certificate.ts";
import { Secret } from "../../src/secret.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { catalogueOf } from "../converge/scratch.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** Packages, units, packet filter, certificates and MariaDB on a Debian machine: made, broken by hand, mended, taken away. The steps build on each other. */
let host: Container;
let shell: Shell;

const debs = recipe("debs");
const rpms = recipe("rpms");

/** Recipes of archives that are made on the host itself. */
function recipe(name: string): string {
  return readFileSync(`${import.meta.dirname}/types-system-${name}.sh`, "utf8");
}

async function sh(script: string): Promise<string> {
  const result = await host.shell.run({ script }, { timeoutMs: 600_000 });
  if (result.exitCode !== 0)
    throw new Error(`${script}\nended with ${result.exitCode}\n${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

const run = (...resources: readonly Resource[]) => converge(catalogueOf(resources), shell, { clock });

/** What a plan would do, as `reference property: from → to`. */
async function planned(...resources: readonly Resource[]): Promise<string[]> {
  const plan = await planCatalogue(catalogueOf(resources), shell);
  return plan.planned.flatMap(({ item, changes }) =>
    changes.map(({ property, from, to }) => `${item.reference} ${property}: ${from ?? "?"} → ${to}`),
  );
}

async function settles(
  t: { is(one: unknown, other: unknown, message?: string): unknown },
  ...resources: readonly Resource[]
) {
  const first = await run(...resources);
  assertConverged(first);
  t.is(first.outcome, "changed");
  const second = await run(...resources);
  t.is(
    `${second.outcome} in ${second.executions}`,
    "unchanged in 1",
    second.results.map(({ reference }) => reference).join(),
  );
  return first;
}

const emptied = file("/etc/apt/sources.list", { content: "# See sources.list.d\n" });
let debian: Resource;
const local = aptRepository("local", { uris: ["file:/srv/debs"], suites: ["./"], trusted: true });

test.before(async () => {
  host = await startContainer("provision-types-system");
  shell = host.shell;
  await sh(debs);
  const key = await sh(
    "cat /etc/apt/trusted.gpg.d/debian-archive-bookworm-stable.asc; rm -f /etc/apt/trusted.gpg.d/* /etc/apt/sources.list.d/*",
  );
  debian = aptRepository("debian", {
    uris: ["http://192.0.2.1:8077/packages/debian"],
    suites: ["bookworm"],
    components: ["main"],
    key,
  });
});

test.after.always(async () => {
  await host?.stop();
});

test.serial(
  "an archive is believed by its own key only, and its lists are there for the packages after it",
  async (t) => {
    const first = await settles(
      t,
      emptied,
      debian,
      local,
      osPackage("nftables"),
      osPackage("demo", { version: "1*", hold: true }),
    );
    t.is(first.executions, 3);
    t.is(await sh("/root/state demo"), "1.1 hold");
    t.is(await sh("grep -c ^Start-Date /var/log/apt/history.log"), "1");
    t.is(await sh("cat /root/demo-started"), "never: 101");
    const stranger = aptRepository("debian", {
      uris: ["http://192.0.2.1:8077/packages/debian"],
      suites: ["bookworm"],
      components: ["main"],
      keyring: "/usr/share/keyrings/nobody.gpg",
    });
    const report = await run(stranger, osPackage("less"));
    t.is(report.results.find(({ reference }) => reference === "package[less]")?.outcome, "failed");
    assertConverged(await run(debian));
  },
);

test.serial("versions and holds that somebody changed are put back, in one transaction with the rest", async (t) => {
  const pinned = osPackage("demo", { version: "1.1", hold: true, allowDowngrade: true });
  await sh("apt-mark unhold demo && apt-get install -qq demo=2.0 && apt-get install -qq other");
  t.deepEqual(await planned(pinned, osPackage("other", { ensure: "absent" }), osPackage("third")), [
    "package[demo] version: 2.0 → 1.1",
    "package[demo] hold: no → yes",
    "package[other] ensure: present → absent",
    "package[third] ensure: absent → present",
  ]);
  const before = Number(await sh("grep -c ^Start-Date /var/log/apt/history.log"));
  await settles(t, pinned, osPackage("other", { ensure: "absent" }), osPackage("third"));
  t.is(Number(await sh("grep -c ^Start-Date /var/log/apt/history.log")), before + 1);
  t.is(await sh("/root/state demo"), "1.1 hold");
  await settles(t, osPackage("demo", { hold: false, ensure: "latest" }));
  t.is(await sh("/root/state demo"), "2.0 install");
});

test.serial(
  "what must not be done is refused alone: a downgrade, a hold of somebody's, an unknown version",
  async (t) => {
    await sh("apt-get install -qq --allow-downgrades third=1.0 && apt-mark hold third && apt-get remove -qq other");
    const report = await run(
      osPackage("demo", { version: "1.0" }),
      osPackage("third", { ensure: "absent" }),
      osPackage("brittle", { version: "7.7" }),
      osPackage("other"),
    );
    t.deepEqual(
      report.results.map(({ reference, outcome, error }) => `${reference} ${error?.code ?? outcome}`),
      [
        "package[demo] package-downgrade",
        "package[third] package-held",
        "package[brittle] package-unknown",
        "package[other] done",
      ],
    );
    await sh("apt-mark unhold third");
  },
);

test.serial("a package that was left half-configured is finished before anything else", async (t) => {
  await sh("touch /srv/fail; ! apt-get install -qq brittle");
  t.is(await sh("/root/status brittle"), "half-configured");
  t.deepEqual(await planned(osPackage("brittle")), ["package[brittle] ensure: half-configured → present"]);
  // What dpkg has of a package while it works on it, and what apt stops at: "dpkg was interrupted".
  await sh("rm /srv/fail; sed -n '/^Package: brittle$/,/^$/p' /var/lib/dpkg/status > /var/lib/dpkg/updates/0000");
  t.regex(await sh("apt-get install -qq third 2>&1 || true"), /dpkg was interrupted/);
  await settles(t, osPackage("other", { ensure: "absent" }));
  t.is(await sh("/root/status brittle && dpkg --audit"), "installed");
});

test.serial("archives and packages go away", async (t) => {
  await settles(t, osPackage("demo", { ensure: "absent" }), aptRepository("local", { ensure: "absent" }));
  t.is(await sh("ls /etc/apt/sources.list.d"), "debian.sources");
});

const appUnit = (argument: string) =>
  systemdUnit("app.service", {
    sections: {
      Unit: { Description: "App" },
      Service: { ExecStart: `/usr/bin/sleep ${argument}` },
      Install: { WantedBy: "multi-user.target" },
    },
  });
const dropIn = systemdUnit("app.service.d/limits.conf", { sections: { Service: { LimitNOFILE: 4096 } } });

function appWith(argument: string): Resource[] {
  const unit = appUnit(argument);
  return [unit, dropIn, service("app.service", { enabled: true, running: true, subscribe: [unit, dropIn] })];
}

test.serial(
  "a unit is verified, loaded and started; another text restarts it; a reload that was forgotten is seen",
  async (t) => {
    await settles(t, ...appWith("1000"));
    const pid = await sh("systemctl show -p MainPID --value app");
    t.is(await sh("systemctl show -p LimitNOFILE --value app"), "4096");
    await settles(t, ...appWith("1001"));
    t.not(await sh("systemctl show -p MainPID --value app"), pid);
    await sh("systemctl stop app; systemctl disable app; echo '# by hand' >> /etc/systemd/system/app.service");
    t.deepEqual(
      (await planned(...appWith("1001"))).map((line) => line.replace(/[0-9a-f]{12}/g, "…")),
      [
        "systemd_unit[app.service] content: … → …",
        "service[app.service] enabled: disabled → enabled",
        "service[app.service] running: inactive → active",
      ],
    );
    await settles(t, ...appWith("1001"));
    await sh("touch -d '+1 hour' /etc/systemd/system/app.service");
    t.is((await planned(...appWith("1001")))[0], "systemd_unit[app.service] loaded: an older file → this file");
    const typo = systemdUnit("app.service", { content: "[Service]\nExecStart=/usr/bin/sleep 1\nRestrat=always\n" });
    t.is((await run(typo)).results[0]?.error?.code, "validation-failed");
    await settles(t, ...appWith("1002"));
  },
);

test.serial("a newer package restarts who runs with it, though the role says nothing new", async (t) => {
  const demo = osPackage("demo", { ensure: "latest" });
  const unit = appUnit("1002");
  const all = [
    local,
    demo,
    unit,
    dropIn,
    service("app.service", { enabled: true, running: true, subscribe: [demo, unit, dropIn] }),
  ];
  await settles(t, ...all);
  const pid = await sh("systemctl show -p MainPID --value app");
  await sh("apt-get install -qq --allow-downgrades demo=1.0");
  const report = await settles(t, ...all);
  t.deepEqual(
    report.results.map(({ reference }) => reference),
    ["package[demo]", "service[app.service]"],
  );
  t.not(await sh("systemctl show -p MainPID --value app"), pid);
});

test.serial("templates of units are verified too", async (t) => {
  await settles(t, systemdUnit("work@.service", { sections: { Service: { ExecStart: "/usr/bin/sleep %i" } } }));
  const wrong = await run(
    systemdUnit("work@.service", { sections: { Service: { ExecStart: "/no/such/program %i" } } }),
  );
  t.is(wrong.results[0]?.error?.code, "validation-failed");
});

test.serial("a service whose process forks away isn't taken for running", async (t) => {
  const unit = systemdUnit("away.service", {
    content: "[Service]\nType=simple\nExecStart=/bin/sh -c 'sleep 300 & sleep 1.2'\n",
  });
  const away = service("away.service", { running: true, require: [unit] });
  const report = await run(unit, away);
  t.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ["done", "failed"],
  );
  t.regex(report.results[1]?.error?.message ?? "", /s later it isn't|ended, or forked away/);
  const lasting = systemdUnit("away.service", {
    content: "[Service]\nType=simple\nRemainAfterExit=yes\nExecStart=/bin/true\n",
  });
  await run(lasting);
  await sh("systemctl restart away; sleep 1");
  t.is(await sh("systemctl is-active away"), "active");
  t.deepEqual(await planned(service("away.service", { running: true })), [
    "service[away.service] running: exited → active",
  ]);
});

test.serial("a masked unit can't start, and is unmasked again; units go away, stopped", async (t) => {
  await sh("systemctl start nftables");
  await settles(t, service("nftables.service", { masked: true }));
  t.is(await sh("systemctl is-active nftables; ! systemctl start nftables"), "inactive");
  await settles(t, service("nftables.service", { masked: false, enabled: true, running: true }));
  await settles(
    t,
    systemdUnit("app.service", { ensure: "absent" }),
    systemdUnit("app.service.d/limits.conf", { ensure: "absent" }),
  );
  t.is(
    await sh("systemctl is-active app; ls -d /etc/systemd/system/app* /etc/systemd/system/*/app* 2>/dev/null || true"),
    "inactive",
  );
});

test.serial("a timer waits for its time; a time that is none is refused", async (t) => {
  const beat = timer("beat", {
    onCalendar: ["*-*-* 02:30", "Sun 04:00"],
    command: ["/bin/sh", "-c", 'echo "100% $HOME $0" > /root/beat', "it's"],
    environment: { HOME: "/some where/$x" },
  });
  await settles(t, beat);
  await sh("systemctl start beat.service");
  t.is(await sh("cat /root/beat"), "100% /some where/$x it's");
  t.regex(await sh("systemctl list-timers beat.timer"), /beat\.timer/);
  await sh("systemctl disable --now beat.timer");
  t.deepEqual(await planned(beat), [
    "timer[beat] enabled: disabled → enabled",
    "timer[beat] active: inactive → active",
  ]);
  await settles(t, beat);
  const wrong = timer("beat", { onCalendar: "Sommerday 25:00", command: ["/bin/true"] });
  t.is((await run(wrong)).results[0]?.error?.code, "validation-failed");
  await settles(t, timer("beat", { ensure: "absent" }), systemdUnit("away.service", { ensure: "absent" }));
  t.is(await sh("systemctl list-unit-files 'beat.*' --no-legend; ls /etc/systemd/system | grep -c beat || true"), "0");
});

const filter = (port: number) =>
  nftables("site", {
    rules: `set blocked { type ipv4_addr; elements = { 198.51.100.1 } }
chain input {
  type filter hook input priority 0; policy accept;
  ip saddr @blocked counter drop
  tcp dport ${port} drop
}`,
  });

test.serial("a table of the packet filter is what was loaded, or it is mended", async (t) => {
  await settles(t, filter(23));
  t.is(await sh("tail -n 1 /etc/nftables.conf"), 'include "/etc/nftables.d/*.nft"');
  await sh("nft add element inet site blocked '{ 198.51.100.2 }'");
  t.deepEqual(await planned(filter(23)), ["nftables[site] table: changed by hand → as loaded from the file"]);
  await settles(t, filter(23));
  t.false((await sh("nft list table inet site")).includes("198.51.100.2"));
  await settles(t, filter(24));
  await sh("nft flush ruleset");
  t.deepEqual(await planned(filter(24)), ["nftables[site] table: absent → as loaded from the file"]);
  await sh("systemctl restart nftables");
  t.deepEqual(await planned(filter(24)), []);
  const broken = nftables("site", { rules: "chain input { no such thing }" });
  t.is((await run(broken)).results[0]?.error?.code, "validation-failed");
  t.deepEqual(await planned(filter(24)), []);
  await settles(t, nftables("site", { ensure: "absent" }));
  t.is(await sh("nft list tables | grep -c site || true"), "0");
});

test.serial("a renewed certificate reloads who serves it", async (t) => {
  const folder = directory("/etc/ssl/site", { mode: "0700" });
  const certificate = (renewBeforeDays: number) =>
    tlsCertificate("/etc/ssl/site/www.pem", {
      key: "/etc/ssl/site/www.key",
      names: ["www.rack.test"],
      renewBeforeDays,
    });
  const unit = systemdUnit("front.service", {
    content: "[Service]\nExecStart=/usr/bin/sleep 1000\nExecReload=/usr/bin/touch /run/front-reloaded\n",
  });
  const front = (days: number) => {
    const served = certificate(days);
    return [folder, served, unit, service("front.service", { running: true, subscribe: [unit], reloadOn: [served] })];
  };
  await settles(t, ...front(30));
  const pid = await sh("systemctl show -p MainPID --value front; rm -f /run/front-reloaded");
  await sh(
    "openssl req -x509 -new -key /etc/ssl/site/www.key -subj /CN=www.rack.test -addext subjectAltName=DNS:www.rack.test -days 3 -out /etc/ssl/site/www.pem",
  );
  await settles(t, ...front(30));
  t.is(await sh("systemctl show -p MainPID --value front; ls /run/front-reloaded"), `${pid}\n/run/front-reloaded`);
});

test.serial("a kernel module is kept out for good; loading one takes a kernel of one's own", async (t) => {
  const never = kernelModule("no_such", { ensure: "blacklisted" });
  await settles(t, never);
  t.is(await sh("cat /etc/modprobe.d/provision-*"), "blacklist no_such\ninstall no_such /bin/false");
  await sh("echo by hand >> /etc/modprobe.d/provision-no_such.conf");
  t.regex((await planned(never)).join(), /^kernel_module\[no_such\] settings: /);
  await settles(t, never);
  await settles(t, kernelModule("no_such", { ensure: "absent" }));
  t.is(await sh("ls /etc/modprobe.d"), "");
});

test.serial("dnf installs, pins, goes back, locks and removes, in one transaction", async (t) => {
  await settles(
    t,
    emptied,
    debian,
    ...["dnf", "rpm", "createrepo-c", "dnf-plugins-core"].map((name) => osPackage(name)),
  );
  await sh(rpms);
  const provider = "dnf" as const;
  await settles(t, osPackage("demo", { provider, version: "1.1*" }), osPackage("other", { provider }));
  t.is(await sh("rpm -q demo other"), "demo-1.1-1.noarch\nother-1.0-1.noarch");
  const latest = osPackage("demo", { provider, ensure: "latest" });
  t.deepEqual(await planned(latest), ["package[demo] version: 1.1-1 → 2.0-1"]);
  await settles(t, latest);
  const refused = await run(osPackage("demo", { provider, version: "1.0*" }), osPackage("none", { provider }));
  t.deepEqual(
    refused.results.map(({ error }) => error?.code),
    ["package-downgrade", "package-unknown"],
  );
  const transactions = Number(await sh("dnf -q history list | grep -c '^ *[0-9]'"));
  await settles(
    t,
    osPackage("demo", { provider, version: "1.0-1", allowDowngrade: true, hold: true }),
    osPackage("other", { provider, ensure: "absent" }),
    osPackage("third", { provider }),
  );
  t.is(Number(await sh("dnf -q history list | grep -c '^ *[0-9]'")), transactions + 1);
  t.is(await sh("rpm -q demo third"), "demo-1.0-1.noarch\nthird-1.0-1.noarch");
  await sh("dnf -q -y upgrade");
  t.is(await sh("rpm -q demo"), "demo-1.0-1.noarch");
  await settles(t, osPackage("demo", { provider, hold: false }));
  await sh("sed -i s/gpgcheck=0/gpgcheck=1/ /etc/yum.repos.d/local.repo");
  const unsigned = await run(osPackage("other", { provider }));
  t.is(unsigned.results[0]?.error?.code, "resource-failed");
  t.regex(unsigned.results[0]?.error?.message ?? "", /other-1\.0-1 isn't installed/);
});

const byHand = [
  "ALTER DATABASE my_app CHARACTER SET latin1;",
  "GRANT DROP ON *.* TO app@localhost;",
  "REVOKE INSERT ON `my\\_app`.* FROM app@localhost;",
  "SET PASSWORD FOR app@localhost = PASSWORD('x');",
  "DROP USER backup@localhost;",
].join("\n");

test.serial("MariaDB's databases and accounts are as declared, and no password is told", async (t) => {
  const server = osPackage("mariadb-server");
  const up = service("mariadb.service", { package: "mariadb-server", enabled: true, running: true });
  const app = (password: string, ...rights: string[]) => [
    server,
    up,
    mariadbDatabase("my_app", { collation: "utf8mb4_unicode_ci" }),
    mariadbUser("app@localhost", { password: new Secret(password), grants: { my_app: rights } }),
    mariadbUser("backup@localhost", { grants: { "*": ["SELECT", "LOCK TABLES"] } }),
  ];
  const before = await planCatalogue(catalogueOf(app("s3cret'word\\", "SELECT", "INSERT")), shell);
  t.deepEqual(
    before.planned.map(({ certainty }) => certainty),
    ["seen", "predicted", "predicted", "predicted", "predicted"],
  );
  await settles(t, emptied, debian, ...app("s3cret'word\\", "SELECT", "INSERT"));
  const asApp = (password: string) =>
    `MYSQL_PWD=${JSON.stringify(password)} mariadb -u app -N my_app -e 'select current_user()'`;
  t.is(await sh(asApp("s3cret'word\\")), "app@localhost");
  await settles(t, ...app("other", "INSERT", "SELECT", "CREATE"));
  t.is(await sh(asApp("other")), "app@localhost");
  await sh(`mariadb <<'SQL'\n${byHand}\nSQL`);
  t.deepEqual(await planned(...app("other", "INSERT", "SELECT", "CREATE")), [
    "mariadb_database[my_app] charset: latin1 → utf8mb4",
    "mariadb_database[my_app] collation: latin1_swedish_ci → utf8mb4_unicode_ci",
    "mariadb_user[app@localhost] authentication: *** → *** (changed)",
    "mariadb_user[app@localhost] grants on *.*: DROP → none",
    "mariadb_user[app@localhost] grants on my_app.*: SELECT, CREATE → INSERT, SELECT, CREATE",
    "mariadb_user[backup@localhost] ensure: ? → present",
  ]);
  await settles(t, ...app("other", "INSERT", "SELECT", "CREATE"));
  await settles(t, ...app("other", "ALL"));
  await settles(t, mariadbUser("app@localhost", { ensure: "absent" }), mariadbDatabase("my_app", { ensure: "absent" }));
  t.is(await sh("mariadb -N -e \"show databases like 'my%'\" | grep -c app || true"), "0");
});
