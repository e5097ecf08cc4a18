import test from "ava";
import { baysOf, diskWatchOf, probeSettingsOf } from "../../src/app/disks/settings.ts";
import { changed, type Files, good, load, tell } from "./site-on-disk.ts";

const n1 = (lines: string): Files => changed("nodes/n1.yaml", "profile: plain\n", `profile: plain\n${lines}`);
const site = (lines: string): Files => ({ "site.yaml": `${good["site.yaml"]}${lines}` });

/** What the operator wrote, and all that is said of it (a piece of each line suffices). */
const mistakes: readonly (readonly [what: string, files: Files, said: readonly string[]])[] = [
  [
    "a slot twice",
    n1('bays:\n  - { slot: "0", serial: A }\n  - { slot: "0", serial: B }\n'),
    ['nodes/n1.yaml:17:13 inventory-conflict: bays[1]: the slot "0" stands at another bay already (', "Each slot"],
  ],
  [
    "the same slot of two enclosures",
    n1('bays:\n  - { slot: "0", enclosure: a }\n  - { slot: "0", enclosure: b }\n'),
    [],
  ],
  [
    "a serial in two bays",
    n1('bays:\n  - { slot: "0", serial: A }\n  - { slot: "1", serial: A }\n'),
    ['nodes/n1.yaml:17:26 inventory-conflict: bays[1]: the disk "A" stands at another bay already ('],
  ],
  [
    "a serial in bays of two nodes",
    {
      ...n1('bays: [{ slot: "0", serial: A }]\n'),
      "nodes/n2.yaml": `${good["nodes/n2.yaml"]}bays: [{ slot: "0", serial: A }]\n`,
    },
    ['nodes/n2.yaml:15:29 inventory-conflict: bays[0]: the disk "A" stands at another bay of n1 already ('],
  ],
  ["a disk of the install in a bay", n1('bays: [{ slot: "0", serial: N1-A }]\n'), []],
  [
    "a slot that is a number",
    n1("bays: [{ slot: 0 }]\n"),
    ["nodes/n1.yaml:15:16 inventory-value: bays[0].slot: must be text, not the number 0 | Put quotes around it"],
  ],
  [
    "restic without a repository",
    n1("backups:\n  - { covers: [/srv], with: restic }\n"),
    ['nodes/n1.yaml:16:5 inventory-missing-key: backups[0]: the key "repository" is missing'],
  ],
  [
    "borg without a repository",
    n1("backups:\n  - { covers: [/srv], with: borg }\n"),
    ['nodes/n1.yaml:16:5 inventory-missing-key: backups[0]: the key "repository" is missing'],
  ],
  [
    "dumps without a folder",
    n1("backups:\n  - { covers: [mariadb], with: dumps }\n"),
    ['nodes/n1.yaml:16:5 inventory-missing-key: backups[0]: the key "folder" is missing'],
  ],
  [
    "a command without a command",
    n1("backups:\n  - { covers: [/srv], with: command }\n"),
    ['nodes/n1.yaml:16:5 inventory-missing-key: backups[0]: the key "command" is missing'],
  ],
  [
    "a tool that nobody knows",
    n1("backups:\n  - { covers: [/srv], with: restik }\n"),
    ['nodes/n1.yaml:16:29 inventory-value: backups[0].with: "restik" is not one of restic, borg, dumps, command'],
  ],
  [
    "another tool's key",
    n1("backups:\n  - { covers: [/srv], with: borg, repository: /b, folder: /x }\n"),
    ['nodes/n1.yaml:16:51 inventory-unknown-key: backups[0]: unknown key "folder"'],
  ],
  [
    "a password in a repository's URL",
    n1("backups:\n  - { covers: [/srv], with: restic, repository: 'rest:https://u:canary-9@host/' }\n"),
    ["nodes/n1.yaml:16:49 inventory-value: backups[0].repository: must not carry a password: put it into the"],
  ],
  [
    "a user in a repository's URL",
    n1("backups:\n  - { covers: [/srv], with: borg, repository: 'ssh://u@host:22/./b' }\n"),
    [],
  ],
  [
    "an age of less than an hour",
    n1("backups:\n  - { covers: [/srv], with: borg, repository: /b, maxAgeHours: 0.5 }\n"),
    ["nodes/n1.yaml:16:64 inventory-value: backups[0].maxAgeHours: must be at least 1 | How old"],
  ],
  [
    "a backup of nothing",
    n1("backups:\n  - { covers: [], with: borg, repository: /b }\n"),
    ["nodes/n1.yaml:16:15 inventory-value: backups[0].covers: must be at least 1 entries"],
  ],
  [
    "an environment file that is no path",
    n1("backups:\n  - { covers: [/srv], with: borg, repository: /b, environmentFile: borg.env }\n"),
    ["nodes/n1.yaml:16:68 inventory-value: backups[0].environmentFile: must be an absolute path"],
  ],
  [
    "a watch of every second",
    site("diskWatch: { everySeconds: 1 }\n"),
    ["site.yaml:9:28 inventory-value: diskWatch.everySeconds: must be at least 60"],
  ],
  [
    "a hook of nobody",
    site("diskWatch:\n  hooks:\n    - {}\n"),
    ["site.yaml:11:7 inventory-value: diskWatch.hooks[0]: must have either webhook or mail"],
  ],
  [
    "a hook that is two",
    site("diskWatch:\n  hooks:\n    - { webhook: 'https://a/', mail: a@b.c }\n"),
    ["site.yaml:11:7 inventory-value: diskWatch.hooks[0]: must have either webhook or mail"],
  ],
  [
    "a slip in a hook",
    site("diskWatch:\n  hooks:\n    - { webhok: 'https://a/' }\n"),
    ['site.yaml:11:9 inventory-unknown-key: diskWatch.hooks[0]: unknown key "webhok" | Did you mean "webhook"?'],
  ],
  [
    "a webhook that isn't on the web",
    site("diskWatch:\n  hooks:\n    - { webhook: 'file:///etc/passwd' }\n"),
    ["site.yaml:11:18 inventory-value: diskWatch.hooks[0].webhook: is not a URL"],
  ],
];

for (const [what, files, said] of mistakes) {
  test(what, (t) => {
    const lines = tell(load(t, files)).join("\n");
    if (said.length === 0) t.is(lines, "");
    for (const piece of said) t.true(lines.includes(piece), `${piece}\nnot in\n${lines}`);
    t.false(lines.includes("canary"));
  });
}

test("what is written reaches the probes, the bays and the watch", (t) => {
  const files = {
    ...site("diskWatch:\n  hooks: [{ webhook: 'https://a/' }, { mail: ops@example.org, via: /usr/bin/msmtp }]\n"),
    ...n1(`hotSwap: true
bays:
  - { slot: "0", serial: N1-A, enclosure: front }
  - { slot: "1" }
backups:
  - { covers: [/, /srv], with: restic, repository: /backup, environmentFile: /etc/restic.env, runNow: restic backup / }
  - { covers: [mariadb], with: dumps, folder: /srv/dumps, maxAgeHours: 30 }
`),
  };
  const loaded = load(t, files);
  if (loaded.kind !== "loaded") return t.fail(tell(loaded).join("\n"));
  const { site: told, nodes } = loaded.inventory;
  const node = nodes.get("n1");
  if (!node) return t.fail();
  t.true(node.hotSwap);
  t.deepEqual(baysOf(node), [
    { slot: "0", serial: "N1-A", enclosure: "front", source: "inventory" },
    { slot: "1", source: "inventory" },
  ]);
  t.like(probeSettingsOf(node).backups[0], { with: "restic", kind: "files", maxAgeHours: 26, repository: "/backup" });
  t.like(probeSettingsOf(node).backups[1], { with: "dumps", kind: "dump", maxAgeHours: 30, folder: "/srv/dumps" });
  const hooks = [{ webhook: "https://a/" }, { mail: "ops@example.org", via: "/usr/bin/msmtp" }];
  t.deepEqual(diskWatchOf(told), { everySeconds: 300, hooks });
});

test("a site that says nothing of disks has none of it", (t) => {
  const loaded = load(t);
  if (loaded.kind !== "loaded") return t.fail();
  const node = loaded.inventory.nodes.get("n1");
  t.deepEqual(node && baysOf(node), []);
  t.deepEqual(node && probeSettingsOf(node), { backups: [] });
  t.deepEqual(diskWatchOf(loaded.inventory.site), { everySeconds: 300, hooks: [] });
});
