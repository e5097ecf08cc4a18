import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import test from "ava";
import { digestOfHash, nativeHash } from "../../src/converge/mariadb-words.ts";
import { observe } from "../../src/converge/observation.ts";
import { comparePlan } from "../../src/converge/plan.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { kernelModule } from "../../src/converge/resources/kernel-module.ts";
import { mariadbDatabase } from "../../src/converge/resources/mariadb-database.ts";
import { mariadbUser } from "../../src/converge/resources/mariadb-user.ts";
import { osPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { Secret } from "../../src/secret.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

/** Programs that answer with what the real ones printed (Debian 12), and leave a line in a log each time. */
function withPrograms(interpreter: readonly string[], programs: Readonly<Record<string, string>>) {
  const scratch = makeScratch(["env", ...(interpreter[0] === "env" ? interpreter.slice(1) : interpreter)]);
  const log = scratch.path("log");
  mkdirSync(scratch.path("bin"));
  for (const [name, answer] of Object.entries(programs)) {
    const file = scratch.path(`bin/${name}`);
    writeFileSync(`${file}.answer`, answer);
    writeFileSync(file, `#!/bin/sh\necho ${name} >> ${log}\ncat > /dev/null\ncat ${file}.answer\n`);
    chmodSync(file, 0o755);
  }
  const own = interpreter.find((word) => word.startsWith("PATH="))?.slice(5) ?? process.env.PATH;
  const shell = makeShell(scratch, `${scratch.path("bin")}:${own}`);
  const differences = async (resources: readonly Resource[]) => {
    rmSync(log, { force: true });
    const catalogue = catalogueOf(resources);
    const { seen } = await observe(catalogue.items, shell, {});
    const told = comparePlan(catalogue, seen).flatMap(({ item, changes }) =>
      changes.map(({ property, from, to }) => `${item.title} ${property}: ${from ?? "?"} → ${to}`),
    );
    return { told, started: existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [] };
  };
  return { scratch, differences };
}

function makeShell({ shell }: ReturnType<typeof makeScratch>, path: string): typeof shell {
  return {
    ...shell,
    run: (command, options) => {
      const script = "script" in command ? command.script : "";
      return shell.run({ script: `PATH=${path}\n${script}` }, options);
    },
  };
}

const unit = (load: string, active: string, sub: string, more: string) =>
  `Type=simple\nLoadState=${load}\nActiveState=${active}\nSubState=${sub}\n${more}\n`;

const units = [
  unit("loaded", "active", "running", "UnitFileState=enabled\nNeedDaemonReload=no"),
  unit("loaded", "inactive", "dead", "UnitFileState=disabled\nNeedDaemonReload=no"),
  unit("loaded", "active", "exited", "UnitFileState=enabled\nNeedDaemonReload=no"),
  unit("not-found", "inactive", "dead", "UnitFileState=\nNeedDaemonReload=no"),
  unit("masked", "inactive", "dead", "UnitFileState=masked\nNeedDaemonReload=no"),
  unit("loaded", "activating", "auto-restart", "UnitFileState=enabled\nNeedDaemonReload=no"),
].join("\n");

const dpkg = `curl installed install 7.88.1-10+deb12u12
held installed hold 1.0-1
half half-configured install 2.0
gone config-files deinstall 1.0
nginx installed install 1.22.1-9
`;

const policy = `curl:
  Installed: 7.88.1-10+deb12u12
  Candidate: 7.88.1-10+deb12u14
  Version table:
     7.88.1-10+deb12u14 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
nginx:
  Installed: 1.22.1-9
  Candidate: 1.22.1-9
  Version table:
 *** 1.22.1-9 500
none:
  Installed: (none)
  Candidate: (none)
`;

const hash = nativeHash("hunter2");
const sql = `d:app	utf8mb4	utf8mb4_general_ci
d:old	latin1	latin1_swedish_ci
u:app@localhost	${digestOfHash("app@localhost", hash)}
u:changed@%	${digestOfHash("changed@%", nativeHash("other"))}
u:backup@localhost	unix_socket
g:app@localhost
GRANT USAGE ON *.* TO \`app\`@\`localhost\` IDENTIFIED BY PASSWORD '${hash}'
GRANT INSERT, SELECT ON \`my\\_app\`.* TO \`app\`@\`localhost\`
g:changed@%
GRANT ALL PRIVILEGES ON *.* TO \`changed\`@\`%\` IDENTIFIED BY PASSWORD '*0123' WITH GRANT OPTION
g:backup@localhost
GRANT SELECT, LOCK TABLES ON *.* TO \`backup\`@\`localhost\` IDENTIFIED VIA unix_socket
g:absent@localhost
`;

for (const { name, start } of interpreters) {
  test(`${name}: one systemctl tells all units; one whose process is gone isn't called active`, async (t) => {
    const { scratch, differences } = withPrograms(start(t), { systemctl: units });
    t.teardown(scratch.remove);
    const [running, enabled] = [true, true];
    const { told, started } = await differences([
      service("good.service", { enabled, running }),
      service("stopped.service", { enabled, running }),
      service("forked-away.service", { enabled, running }),
      service("unknown.service", { enabled, running }),
      service("masked.service", { masked: true }),
      service("flapping.service", { running }),
    ]);
    t.deepEqual(told, [
      "stopped.service enabled: disabled → enabled",
      "stopped.service running: inactive → active",
      "forked-away.service running: exited → active",
      "unknown.service enabled: ? → enabled",
      "unknown.service running: ? → active",
      "flapping.service running: activating → active",
    ]);
    t.deepEqual(started, ["systemctl"]);
  });

  test(`${name}: one dpkg-query tells status, version and hold of all packages`, async (t) => {
    const { scratch, differences } = withPrograms(start(t), { "dpkg-query": dpkg, "apt-cache": policy });
    t.teardown(scratch.remove);
    const { told, started } = await differences([
      osPackage("curl", { version: "7.88.1-*" }),
      osPackage("nginx", { version: "1.18*" }),
      osPackage("held", { hold: true, version: "1.0-1" }),
      osPackage("half"),
      osPackage("gone", { ensure: "absent" }),
      osPackage("missing"),
    ]);
    t.deepEqual(told, [
      "nginx version: 1.22.1-9 → 1.18*",
      "half ensure: half-configured → present",
      "missing ensure: absent → present",
    ]);
    t.deepEqual(started, ["dpkg-query"]);
    const others = await differences([
      osPackage("held", { hold: false }),
      osPackage("curl", { hold: true, ensure: "present" }),
      osPackage("nginx", { ensure: "latest" }),
    ]);
    t.deepEqual(others.told, ["held hold: yes → no", "curl hold: no → yes"]);
    t.deepEqual(others.started, ["dpkg-query", "apt-cache"]);
    const latest = await differences([osPackage("curl", { ensure: "latest" })]);
    t.deepEqual(latest.told, ["curl version: 7.88.1-10+deb12u12 → 7.88.1-10+deb12u14"]);
  });

  test(`${name}: one client each tells databases and accounts, and no hash`, async (t) => {
    const { scratch, differences } = withPrograms(start(t), { mariadb: sql });
    t.teardown(scratch.remove);
    const password = new Secret("hunter2");
    const { told, started } = await differences([
      mariadbDatabase("app"),
      mariadbDatabase("old"),
      mariadbDatabase("new"),
      mariadbUser("app@localhost", { password, grants: { my_app: ["SELECT", "INSERT"] } }),
      mariadbUser("changed@%", { password, grants: { app: ["SELECT"] } }),
      mariadbUser("backup@localhost", { grants: { "*": ["SELECT", "LOCK TABLES"] } }),
      mariadbUser("absent@localhost"),
    ]);
    t.deepEqual(told, [
      "old charset: latin1 → utf8mb4",
      "new ensure: ? → present",
      "changed@% authentication: *** → *** (changed)",
      "changed@% grants on *.*: ALL PRIVILEGES, GRANT OPTION → none",
      "changed@% grants on app.*: none → SELECT",
      "absent@localhost ensure: ? → present",
    ]);
    t.deepEqual(started, ["mariadb", "mariadb"]);
    t.false(scratch.shell.scripts.join("").includes("hunter2"));
    t.false(scratch.shell.scripts.join("").includes(hash));
  });

  test(`${name}: without MariaDB, everything of it is still to be made`, async (t) => {
    const { scratch, differences } = withPrograms(start(t), { mariadb: "" });
    t.teardown(scratch.remove);
    const { told } = await differences([mariadbDatabase("app"), mariadbUser("gone@localhost", { ensure: "absent" })]);
    t.deepEqual(told, ["app ensure: ? → present"]);
  });

  test(`${name}: a kernel module that isn't there is told`, async (t) => {
    const { scratch, differences } = withPrograms(start(t), {});
    t.teardown(scratch.remove);
    const { told } = await differences([
      kernelModule("provision-nonsense", { ensure: "absent" }),
      kernelModule("provision_nonsense2"),
    ]);
    t.deepEqual(
      told.filter((line) => line.includes("loaded")),
      ["provision_nonsense2 loaded: no → yes"],
    );
    t.false(told.some((line) => line.startsWith("provision-nonsense ")));
  });
}
