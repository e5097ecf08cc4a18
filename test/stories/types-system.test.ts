import test from "ava";
import { planCatalogue } from "../../src/converge/plan.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { directory } from "../../src/converge/resources/directory.ts";
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
import { catalogueOf } from "../converge/scratch.ts";
import { type Container, startContainer } from "../roles/container.ts";
import { type TypesHost, typesHost } from "./types-host.ts";

/** Units, packet filter, certificates and MariaDB on a Debian machine: made, broken by hand, mended, taken away. The steps build on each other. */
let host: Container;
let on: TypesHost;

test.before(async () => {
  host = await startContainer("provision-types-system");
  on = typesHost(host.shell);
  const archive = "deb http://192.0.2.1:8077/packages/debian bookworm main";
  await on.sh(`rm -f /etc/apt/sources.list.d/*; echo '${archive}' > /etc/apt/sources.list`);
  await on.run(osPackage("nftables"));
});

test.after.always(async () => {
  await host?.stop();
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
    await on.settles(t, ...appWith("1000"));
    const pid = await on.sh("systemctl show -p MainPID --value app");
    t.is(await on.sh("systemctl show -p LimitNOFILE --value app"), "4096");
    await on.settles(t, ...appWith("1001"));
    t.not(await on.sh("systemctl show -p MainPID --value app"), pid);
    await on.sh("systemctl stop app; systemctl disable app; echo '# by hand' >> /etc/systemd/system/app.service");
    t.deepEqual(
      (await on.planned(...appWith("1001"))).map((line) => line.replace(/[0-9a-f]{12}/g, "…")),
      [
        "systemd_unit[app.service] content: … → …",
        "service[app.service] enabled: disabled → enabled",
        "service[app.service] running: inactive → active",
      ],
    );
    await on.settles(t, ...appWith("1001"));
    await on.sh("touch -d '+1 hour' /etc/systemd/system/app.service");
    t.is((await on.planned(...appWith("1001")))[0], "systemd_unit[app.service] loaded: an older file → this file");
    const typo = systemdUnit("app.service", { content: "[Service]\nExecStart=/usr/bin/sleep 1\nRestrat=always\n" });
    t.is((await on.run(typo)).results[0]?.error?.code, "validation-failed");
    await on.settles(t, ...appWith("1002"));
  },
);

test.serial("templates of units are verified too", async (t) => {
  await on.settles(t, systemdUnit("work@.service", { sections: { Service: { ExecStart: "/usr/bin/sleep %i" } } }));
  const wrong = await on.run(
    systemdUnit("work@.service", { sections: { Service: { ExecStart: "/no/such/program %i" } } }),
  );
  t.is(wrong.results[0]?.error?.code, "validation-failed");
});

test.serial("a service whose process forks away isn't taken for running", async (t) => {
  const unit = systemdUnit("away.service", {
    content: "[Service]\nType=simple\nExecStart=/bin/sh -c 'sleep 300 & sleep 1.2'\n",
  });
  const away = service("away.service", { running: true, require: [unit] });
  const report = await on.run(unit, away);
  t.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ["done", "failed"],
  );
  t.regex(report.results[1]?.error?.message ?? "", /s later it isn't|ended, or forked away/);
  const lasting = systemdUnit("away.service", {
    content: "[Service]\nType=simple\nRemainAfterExit=yes\nExecStart=/bin/true\n",
  });
  await on.run(lasting);
  await on.sh("systemctl restart away; sleep 1");
  t.is(await on.sh("systemctl is-active away"), "active");
  t.deepEqual(await on.planned(service("away.service", { running: true })), [
    "service[away.service] running: exited → active",
  ]);
});

test.serial("a masked unit can't start, and is unmasked again; units go away, stopped", async (t) => {
  await on.sh("systemctl start nftables");
  await on.settles(t, service("nftables.service", { masked: true }));
  t.is(await on.sh("systemctl is-active nftables; ! systemctl start nftables"), "inactive");
  await on.settles(t, service("nftables.service", { masked: false, enabled: true, running: true }));
  await on.settles(
    t,
    systemdUnit("app.service", { ensure: "absent" }),
    systemdUnit("app.service.d/limits.conf", { ensure: "absent" }),
  );
  t.is(
    await on.sh(
      "systemctl is-active app; ls -d /etc/systemd/system/app* /etc/systemd/system/*/app* 2>/dev/null || true",
    ),
    "inactive",
  );
});

test.serial("a timer waits for its time; a time that is none is refused", async (t) => {
  const beat = timer("beat", {
    onCalendar: ["*-*-* 02:30", "Sun 04:00"],
    command: ["/bin/sh", "-c", 'echo "100% $HOME $0" > /root/beat', "it's"],
    environment: { HOME: "/some where/$x" },
  });
  await on.settles(t, beat);
  await on.sh("systemctl start beat.service");
  t.is(await on.sh("cat /root/beat"), "100% /some where/$x it's");
  t.regex(await on.sh("systemctl list-timers beat.timer"), /beat\.timer/);
  await on.sh("systemctl disable --now beat.timer");
  t.deepEqual(await on.planned(beat), [
    "timer[beat] enabled: disabled → enabled",
    "timer[beat] active: inactive → active",
  ]);
  await on.settles(t, beat);
  const wrong = timer("beat", { onCalendar: "Sommerday 25:00", command: ["/bin/true"] });
  t.is((await on.run(wrong)).results[0]?.error?.code, "validation-failed");
  await on.settles(t, timer("beat", { ensure: "absent" }), systemdUnit("away.service", { ensure: "absent" }));
  t.is(
    await on.sh("systemctl list-unit-files 'beat.*' --no-legend; ls /etc/systemd/system | grep -c beat || true"),
    "0",
  );
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
  await on.settles(t, filter(23));
  t.is(await on.sh("tail -n 1 /etc/nftables.conf"), 'include "/etc/nftables.d/*.nft"');
  await on.sh("nft add element inet site blocked '{ 198.51.100.2 }'");
  t.deepEqual(await on.planned(filter(23)), ["nftables[site] table: changed by hand → as loaded from the file"]);
  await on.settles(t, filter(23));
  t.false((await on.sh("nft list table inet site")).includes("198.51.100.2"));
  await on.settles(t, filter(24));
  await on.sh("nft flush ruleset");
  t.deepEqual(await on.planned(filter(24)), ["nftables[site] table: absent → as loaded from the file"]);
  await on.sh("systemctl restart nftables");
  t.deepEqual(await on.planned(filter(24)), []);
  const broken = nftables("site", { rules: "chain input { no such thing }" });
  t.is((await on.run(broken)).results[0]?.error?.code, "validation-failed");
  t.deepEqual(await on.planned(filter(24)), []);
  await on.settles(t, nftables("site", { ensure: "absent" }));
  t.is(await on.sh("nft list tables | grep -c site || true"), "0");
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
  await on.settles(t, ...front(30));
  const pid = await on.sh("systemctl show -p MainPID --value front; rm -f /run/front-reloaded");
  await on.sh(
    "openssl req -x509 -new -key /etc/ssl/site/www.key -subj /CN=www.rack.test -addext subjectAltName=DNS:www.rack.test -days 3 -out /etc/ssl/site/www.pem",
  );
  await on.settles(t, ...front(30));
  t.is(await on.sh("systemctl show -p MainPID --value front; ls /run/front-reloaded"), `${pid}\n/run/front-reloaded`);
});

test.serial("a kernel module is kept out for good; loading one takes a kernel of one's own", async (t) => {
  const never = kernelModule("no_such", { ensure: "blacklisted" });
  await on.settles(t, never);
  t.is(await on.sh("cat /etc/modprobe.d/provision-*"), "blacklist no_such\ninstall no_such /bin/false");
  await on.sh("echo by hand >> /etc/modprobe.d/provision-no_such.conf");
  t.regex((await on.planned(never)).join(), /^kernel_module\[no_such\] settings: /);
  await on.settles(t, never);
  await on.settles(t, kernelModule("no_such", { ensure: "absent" }));
  t.is(await on.sh("ls /etc/modprobe.d"), "");
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
  const before = await planCatalogue(catalogueOf(app("s3cret'word\\", "SELECT", "INSERT")), on.shell);
  t.deepEqual(
    before.planned.map(({ certainty }) => certainty),
    ["seen", "predicted", "predicted", "predicted", "predicted"],
  );
  await on.settles(t, ...app("s3cret'word\\", "SELECT", "INSERT"));
  const asApp = (password: string) =>
    `MYSQL_PWD=${JSON.stringify(password)} mariadb -u app -N my_app -e 'select current_user()'`;
  t.is(await on.sh(asApp("s3cret'word\\")), "app@localhost");
  await on.settles(t, ...app("other", "INSERT", "SELECT", "CREATE"));
  t.is(await on.sh(asApp("other")), "app@localhost");
  await on.sh(`mariadb <<'SQL'\n${byHand}\nSQL`);
  t.deepEqual(await on.planned(...app("other", "INSERT", "SELECT", "CREATE")), [
    "mariadb_database[my_app] charset: latin1 → utf8mb4",
    "mariadb_database[my_app] collation: latin1_swedish_ci → utf8mb4_unicode_ci",
    "mariadb_user[app@localhost] authentication: *** → *** (changed)",
    "mariadb_user[app@localhost] grants on *.*: DROP → none",
    "mariadb_user[app@localhost] grants on my_app.*: SELECT, CREATE → INSERT, SELECT, CREATE",
    "mariadb_user[backup@localhost] ensure: ? → present",
  ]);
  await on.settles(t, ...app("other", "INSERT", "SELECT", "CREATE"));
  await on.settles(t, ...app("other", "ALL"));
  await on.settles(
    t,
    mariadbUser("app@localhost", { ensure: "absent" }),
    mariadbDatabase("my_app", { ensure: "absent" }),
  );
  t.is(await on.sh("mariadb -N -e \"show databases like 'my%'\" | grep -c app || true"), "0");
});
