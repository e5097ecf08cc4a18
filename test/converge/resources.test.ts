import test from "ava";
import type { Item } from "../../src/converge/resource.ts";
import { resourceTypes } from "../../src/converge/resources/list.ts";
import { Secret } from "../../src/secret.ts";

interface Case {
  readonly says: string;
  readonly type: string;
  readonly desired: Record<string, unknown>;
  /** What the host told; nothing when there is no difference. */
  readonly current: Record<string, string>;
  /** property: from → to */
  readonly changes: readonly string[];
  readonly steps?: readonly unknown[];
  readonly inputsChange?: "restart" | "reload";
}

const write = { kind: "write", path: "/etc/x", content: "a\n", mode: "0644", owner: "root", group: "root" };
const sha = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7";
const key = `ssh-ed25519 ${"A".repeat(68)} ada`;
const service = { kind: "service", unit: "v.service", enabled: true, running: true, restart: "R", reload: "L" };
const unit = { unit: "v.service", enabled: true, running: true };

const cases: readonly Case[] = [
  {
    says: "a file as it should be",
    type: "file",
    desired: { path: "/etc/x", content: "a\n" },
    current: {},
    changes: [],
  },
  {
    says: "a file that isn't there",
    type: "file",
    desired: { path: "/etc/x", content: "a\n" },
    current: { absent: "yes" },
    changes: ["ensure: absent → present", `content: none → ${sha.slice(0, 12)}`],
    steps: [write],
  },
  {
    says: "a file with another owner and mode",
    type: "file",
    desired: { path: "/etc/x", content: "a\n" },
    current: { attributes: "8180 daemon root" },
    changes: ["mode: 0600 → 0644", "owner: daemon → root"],
    steps: [write],
  },
  {
    says: "a file where a link is",
    type: "file",
    desired: { path: "/etc/x", content: "a\n" },
    current: { attributes: "a1ff root root" },
    changes: ["type: link → file", "mode: 0777 → 0644"],
    steps: [write],
  },
  {
    says: "a secret file that differs: changed is shown, nothing else",
    type: "file",
    desired: { path: "/etc/x", content: new Secret("hunter2") },
    current: { digest: "00ff" },
    changes: ["content: *** → *** (changed)"],
  },
  {
    says: "a file that should be gone",
    type: "file",
    desired: { path: "/etc/x", ensure: "absent" },
    current: { exists: "yes" },
    changes: ["ensure: present → absent"],
    steps: [{ kind: "remove", path: "/etc/x" }],
  },
  {
    says: "a directory with another mode",
    type: "directory",
    desired: { path: "/srv/d", mode: "0750" },
    current: { attributes: "41ed root root" },
    changes: ["mode: 0755 → 0750"],
    steps: [{ kind: "run", argv: ["install", "-d", "-m", "0750", "-o", "root", "-g", "root", "/srv/d"] }],
  },
  {
    says: "a link elsewhere",
    type: "link",
    desired: { path: "/etc/l", target: "new" },
    current: { target: "old" },
    changes: ["target: old → new"],
    steps: [{ kind: "link", path: "/etc/l", target: "new" }],
  },
  { says: "an installed package", type: "package", desired: { name: "curl" }, current: {}, changes: [] },
  {
    says: "a missing package",
    type: "package",
    desired: { name: "curl" },
    current: { status: "not-installed" },
    changes: ["ensure: absent → present"],
    steps: [{ kind: "package", name: "curl", action: "install" }],
  },
  {
    says: "a package whose installation was interrupted",
    type: "package",
    desired: { name: "curl" },
    current: { status: "half-configured" },
    changes: ["ensure: half-configured → present"],
    steps: [{ kind: "package", name: "curl", action: "install" }],
  },
  {
    says: "a package that should be gone",
    type: "package",
    desired: { name: "curl", ensure: "absent" },
    current: { status: "installed" },
    changes: ["ensure: present → absent"],
    steps: [{ kind: "package", name: "curl", action: "remove" }],
  },
  { says: "a service as it should be", type: "service", desired: unit, current: {}, changes: [] },
  {
    says: "a service that isn't there yet",
    type: "service",
    desired: unit,
    current: { load: "not-found" },
    changes: ["enabled: enabled", "running: active"],
    steps: [service],
  },
  {
    says: "a service that stopped",
    type: "service",
    desired: unit,
    current: { active: "failed", restart: "old" },
    changes: ["running: failed → active"],
    steps: [service],
  },
  {
    says: "a service that still runs with old inputs, after a run that failed",
    type: "service",
    desired: unit,
    current: { reload: "outdated" },
    changes: ["inputs: loaded others → reload"],
    steps: [service],
  },
  {
    says: "a service whose unit changes in this run",
    type: "service",
    desired: unit,
    current: {},
    inputsChange: "restart",
    changes: ["inputs: running with others → restart"],
    steps: [service],
  },
  {
    says: "a restart covers a reload",
    type: "service",
    desired: unit,
    current: { restart: "old", reload: "old" },
    changes: ["inputs: running with others → restart"],
  },
  {
    says: "a service that should be stopped and disabled",
    type: "service",
    desired: { unit: "v.service", enabled: false, running: false },
    current: { enabled: "enabled", active: "active" },
    changes: ["enabled: enabled → disabled", "running: active → inactive"],
  },
  {
    says: "a new user of the system",
    type: "user",
    desired: { name: "app", system: true, home: "/srv/app", groups: ["adm"] },
    current: { absent: "yes" },
    changes: ["ensure: absent → present"],
    steps: [
      { kind: "run", argv: ["useradd", "-r", "-U", "-d", "/srv/app", "-G", "adm", "app"], unless: ["id", "-u", "app"] },
    ],
  },
  {
    says: "a user with another shell and a missing group",
    type: "user",
    desired: { name: "app", home: "/srv/app", shell: "/bin/sh", groups: ["adm"] },
    current: { shell: "/bin/bash", groups: "adm" },
    changes: ["shell: /bin/bash → /bin/sh", "groups: not in adm → adm"],
    steps: [{ kind: "run", argv: ["usermod", "-s", "/bin/sh", "-a", "-G", "adm", "app"] }],
  },
  {
    says: "a group with another number",
    type: "group",
    desired: { name: "app", gid: 990 },
    current: { gid: "1000" },
    changes: ["gid: 1000 → 990"],
    steps: [{ kind: "run", argv: ["groupmod", "-g", "990", "app"] }],
  },
  {
    says: "a key that may not log in yet",
    type: "authorized_key",
    desired: { name: "ada on root", user: "root", key },
    current: { key: "absent" },
    changes: ["ensure: absent → present"],
    steps: [{ kind: "authorize", user: "root", key, action: "add" }],
  },
  {
    says: "a kernel setting that is neither live nor kept",
    type: "sysctl",
    desired: { key: "net.core.somaxconn", value: "4096" },
    current: { live: "128", file: "" },
    changes: ["live: 128 → 4096", "file: none → 4096"],
    steps: [{ kind: "sysctl", key: "net.core.somaxconn", value: "4096" }],
  },
];

for (const { says, type: name, desired, current, changes, steps, inputsChange } of cases) {
  test(`${name}: ${says}`, (t) => {
    const type = resourceTypes.find((one) => one.name === name);
    if (!type) return t.fail(`no type ${name}`);
    const item = itemOf(name, type.schema.parse(desired));
    const seen = new Map(Object.entries(current));
    const outlook = { restart: inputsChange === "restart", reload: inputsChange === "reload" };
    const found = type.diff(item, seen, outlook);
    const told = found.map(({ property, from, to }) => `${property}: ${from === undefined ? to : `${from} → ${to}`}`);
    t.deepEqual(told, changes as string[]);
    if (steps) t.deepEqual(type.steps(item, seen) as unknown[], steps as unknown[]);
    t.false(JSON.stringify([found, type.steps(item, seen)]).includes("hunter2"));
  });
}

test("every type has cases", (t) => {
  t.deepEqual([...new Set(cases.map(({ type }) => type))].sort(), resourceTypes.map(({ name }) => name).sort());
});

function itemOf(type: string, desired: unknown): Item {
  const declared = { file: "roles/trial/role.ts", line: 1 };
  const inputs = { restart: "R", reload: "L" };
  return { id: 0, reference: `${type}[x]`, type, title: "x", role: "trial", declared, desired, inputs };
}

for (const [type, wrong, says] of [
  ["file", { path: "relative", content: "" }, "absolute"],
  ["file", { path: "/a/../b", content: "" }, "must not contain"],
  ["file", { path: "/a" }, "present file has content"],
  ["file", { path: "/a", content: "", mode: "644" }, "four octal digits"],
  ["file", { path: "/a", content: "", validate: ["true"] }, "%"],
  ["file", { path: "/a", content: "", onwer: "root" }, "onwer"],
  ["package", { name: "curl; id" }, "package name"],
  ["user", { name: "-rf" }, "account name"],
  ["authorized_key", { name: "x", user: "root", key: 'command="id" ssh-ed25519 AAAA' }, "authorized_keys"],
  ["sysctl", { key: "../../etc/passwd", value: "1" }, "sysctl key"],
] as const) {
  test(`${type} refuses ${JSON.stringify(wrong)}`, (t) => {
    const result = resourceTypes.find(({ name }) => name === type)?.schema.safeParse(wrong);
    t.true(result?.error?.message.includes(says), result?.error?.message);
  });
}
