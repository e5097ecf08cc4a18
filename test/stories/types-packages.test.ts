import { readFileSync } from "node:fs";
import test from "ava";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { aptRepository } from "../../src/converge/resources/apt-repository.ts";
import { file } from "../../src/converge/resources/file.ts";
import { osPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { systemdUnit } from "../../src/converge/resources/systemd-unit.ts";
import { type Container, startContainer } from "../roles/container.ts";
import { type TypesHost, typesHost } from "./types-host.ts";

/** Archives and packages of apt and dnf on a Debian machine: pinned, held, broken by hand, mended, taken away. The steps build on each other. */
let host: Container;
let on: TypesHost;

/** Recipes of archives that are made on the host itself. */
const recipe = (name: string) => readFileSync(`${import.meta.dirname}/types-packages-${name}.sh`, "utf8");
const debs = recipe("debs");
const rpms = recipe("rpms");

const emptied = file("/etc/apt/sources.list", { content: "# See sources.list.d\n" });
let debian: Resource;
const local = aptRepository("local", { uris: ["file:/srv/debs"], suites: ["./"], trusted: true });

test.before(async () => {
  host = await startContainer("provision-types-packages");
  on = typesHost(host.shell);
  await on.sh(debs);
  const key = await on.sh(
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
    const first = await on.settles(
      t,
      emptied,
      debian,
      local,
      osPackage("nftables"),
      osPackage("demo", { version: "1*", hold: true }),
    );
    t.is(first.executions, 3);
    t.is(await on.sh("/root/state demo"), "1.1 hold");
    t.is(await on.sh("grep -c ^Start-Date /var/log/apt/history.log"), "1");
    t.is(await on.sh("cat /root/demo-started"), "never: 101");
    const stranger = aptRepository("debian", {
      uris: ["http://192.0.2.1:8077/packages/debian"],
      suites: ["bookworm"],
      components: ["main"],
      keyring: "/usr/share/keyrings/nobody.gpg",
    });
    const report = await on.run(stranger, osPackage("less"));
    t.is(report.results.find(({ reference }) => reference === "package[less]")?.outcome, "failed");
    assertConverged(await on.run(debian));
  },
);

test.serial("versions and holds that somebody changed are put back, in one transaction with the rest", async (t) => {
  const pinned = osPackage("demo", { version: "1.1", hold: true, allowDowngrade: true });
  await on.sh("apt-mark unhold demo && apt-get install -qq demo=2.0 && apt-get install -qq other");
  t.deepEqual(await on.planned(pinned, osPackage("other", { ensure: "absent" }), osPackage("third")), [
    "package[demo] version: 2.0 → 1.1",
    "package[demo] hold: no → yes",
    "package[other] ensure: present → absent",
    "package[third] ensure: absent → present",
  ]);
  const before = Number(await on.sh("grep -c ^Start-Date /var/log/apt/history.log"));
  await on.settles(t, pinned, osPackage("other", { ensure: "absent" }), osPackage("third"));
  t.is(Number(await on.sh("grep -c ^Start-Date /var/log/apt/history.log")), before + 1);
  t.is(await on.sh("/root/state demo"), "1.1 hold");
  await on.settles(t, osPackage("demo", { hold: false, ensure: "latest" }));
  t.is(await on.sh("/root/state demo"), "2.0 install");
});

test.serial(
  "what must not be done is refused alone: a downgrade, a hold of somebody's, an unknown version",
  async (t) => {
    await on.sh("apt-get install -qq --allow-downgrades third=1.0 && apt-mark hold third && apt-get remove -qq other");
    const report = await on.run(
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
    await on.sh("apt-mark unhold third");
  },
);

test.serial("a package that was left half-configured is finished before anything else", async (t) => {
  await on.sh("touch /srv/fail; ! apt-get install -qq brittle");
  t.is(await on.sh("/root/status brittle"), "half-configured");
  t.deepEqual(await on.planned(osPackage("brittle")), ["package[brittle] ensure: half-configured → present"]);
  // What dpkg has of a package while it works on it, and what apt stops at: "dpkg was interrupted".
  await on.sh("rm /srv/fail; sed -n '/^Package: brittle$/,/^$/p' /var/lib/dpkg/status > /var/lib/dpkg/updates/0000");
  t.regex(await on.sh("apt-get install -qq third 2>&1 || true"), /dpkg was interrupted/);
  await on.settles(t, osPackage("other", { ensure: "absent" }));
  t.is(await on.sh("/root/status brittle && dpkg --audit"), "installed");
});

test.serial("archives and packages go away", async (t) => {
  await on.settles(t, osPackage("demo", { ensure: "absent" }), aptRepository("local", { ensure: "absent" }));
  t.is(await on.sh("ls /etc/apt/sources.list.d"), "debian.sources");
});

test.serial("a newer package restarts who runs with it, though the role says nothing new", async (t) => {
  const demo = osPackage("demo", { ensure: "latest" });
  const unit = systemdUnit("app.service", { sections: { Service: { ExecStart: "/usr/bin/sleep 1000" } } });
  const all = [local, demo, unit, service("app.service", { running: true, subscribe: [demo, unit] })];
  await on.settles(t, ...all);
  const pid = await on.sh("systemctl show -p MainPID --value app");
  await on.sh("apt-get install -qq --allow-downgrades demo=1.0");
  const report = await on.settles(t, ...all);
  t.deepEqual(
    report.results.map(({ reference }) => reference),
    ["package[demo]", "service[app.service]"],
  );
  t.not(await on.sh("systemctl show -p MainPID --value app"), pid);
});

test.serial("dnf installs, pins, goes back, locks and removes, in one transaction", async (t) => {
  await on.settles(
    t,
    emptied,
    debian,
    ...["dnf", "rpm", "createrepo-c", "dnf-plugins-core"].map((name) => osPackage(name)),
  );
  await on.sh(rpms);
  const provider = "dnf" as const;
  await on.settles(t, osPackage("demo", { provider, version: "1.1*" }), osPackage("other", { provider }));
  t.is(await on.sh("rpm -q demo other"), "demo-1.1-1.noarch\nother-1.0-1.noarch");
  const latest = osPackage("demo", { provider, ensure: "latest" });
  t.deepEqual(await on.planned(latest), ["package[demo] version: 1.1-1 → 2.0-1"]);
  await on.settles(t, latest);
  const refused = await on.run(osPackage("demo", { provider, version: "1.0*" }), osPackage("none", { provider }));
  t.deepEqual(
    refused.results.map(({ error }) => error?.code),
    ["package-downgrade", "package-unknown"],
  );
  const transactions = Number(await on.sh("dnf -q history list | grep -c '^ *[0-9]'"));
  await on.settles(
    t,
    osPackage("demo", { provider, version: "1.0-1", allowDowngrade: true, hold: true }),
    osPackage("other", { provider, ensure: "absent" }),
    osPackage("third", { provider }),
  );
  t.is(Number(await on.sh("dnf -q history list | grep -c '^ *[0-9]'")), transactions + 1);
  t.is(await on.sh("rpm -q demo third"), "demo-1.0-1.noarch\nthird-1.0-1.noarch");
  await on.sh("dnf -q -y upgrade");
  t.is(await on.sh("rpm -q demo"), "demo-1.0-1.noarch");
  await on.settles(t, osPackage("demo", { provider, hold: false }));
  await on.sh("sed -i s/gpgcheck=0/gpgcheck=1/ /etc/yum.repos.d/local.repo");
  const unsigned = await on.run(osPackage("other", { provider }));
  t.is(unsigned.results[0]?.error?.code, "resource-failed");
  t.regex(unsigned.results[0]?.error?.message ?? "", /other-1\.0-1 isn't installed/);
});
