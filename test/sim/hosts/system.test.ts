import test from "ava";
import { ProvisionError } from "../../../src/errors.ts";
import { ownSystem, parseArchives } from "../../../src/sim/hosts/system.ts";
import { createRecordedShell } from "../../../src/transport/recorded.ts";

const mirrors = "http://azure.archive.ubuntu.com/ubuntu/\tpriority:1\nhttps://archive.ubuntu.com/ubuntu/\tpriority:2\n";
const files: Readonly<Record<string, string>> = { "/etc/apt/apt-mirrors.txt": mirrors };
const read = (path: string) => files[path] ?? "";
const debian = { family: "debian", codename: "bookworm", read } as const;
const ubuntu = { family: "ubuntu", codename: "noble", read } as const;

for (const [says, of, lines, expected] of [
  [
    "Debian's archive and its security, each component once",
    debian,
    [
      "Debian|http://deb.debian.org/debian/|bookworm|main",
      "Debian|http://deb.debian.org/debian/|bookworm|main",
      "Debian|http://deb.debian.org/debian/|bookworm|contrib",
      "Debian|http://deb.debian.org/debian/|bookworm-updates|main",
      "Debian|http://deb.debian.org/debian-security/|bookworm-security|main",
    ],
    [
      "debian http://deb.debian.org/debian bookworm main contrib",
      "debian http://deb.debian.org/debian bookworm-updates main",
      "debian-security http://deb.debian.org/debian-security bookworm-security main",
    ],
  ],
  [
    "no archive of others, no backports, no other release",
    debian,
    [
      "Google|https://packages.example/apt/|cloud-sdk|main",
      "Debian|http://deb.debian.org/debian/|bookworm-backports|main",
      "Debian|http://deb.debian.org/debian/|trixie|main",
      "Debian|file:/srv/mirror/|bookworm|main",
      "Debian|https://mirror.example/debian/|bookworm|main",
    ],
    ["debian https://mirror.example/debian bookworm main"],
  ],
  [
    "two archives whose addresses end alike get two names",
    ubuntu,
    [
      "Ubuntu|http://archive.ubuntu.com/ubuntu/|noble|main",
      "Ubuntu|http://security.ubuntu.com/ubuntu/|noble-security|main",
    ],
    [
      "ubuntu http://archive.ubuntu.com/ubuntu noble main",
      "ubuntu-2 http://security.ubuntu.com/ubuntu noble-security main",
    ],
  ],
  [
    "a file of mirrors, as GitHub's runners have it: the first",
    ubuntu,
    ["Ubuntu|mirror+file:/etc/apt/apt-mirrors.txt/|noble|universe"],
    ["ubuntu http://azure.archive.ubuntu.com/ubuntu noble universe"],
  ],
] as const) {
  test(`of apt's archives: ${says}`, (t) => {
    const found = parseArchives(lines.join("\n"), of);
    t.deepEqual(
      found.map(({ name, upstream, suite, components }) => `${name} ${upstream} ${suite} ${components.join(" ")}`),
      [...expected],
    );
  });
}

const shell = createRecordedShell([{ when: "apt-get indextargets", answer: { stdout: "" } }]);

test("a machine whose apt has no lists yet takes the usual archives", async (t) => {
  const system = await ownSystem(
    shell,
    () => 'ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian GNU/Linux 13"\n',
  );
  t.deepEqual([system.family, system.codename], ["debian", "trixie"]);
  t.deepEqual(
    system.archives.map(({ suite }) => suite),
    ["trixie", "trixie-updates", "trixie-security"],
  );
});

test("another distribution is refused by its name", async (t) => {
  const error = await t.throwsAsync(
    ownSystem(shell, () => 'ID=fedora\nPRETTY_NAME="Fedora Linux 41"\n'),
    {
      instanceOf: ProvisionError,
    },
  );
  t.is(error?.code, "hosts-unsupported-system");
  t.true(error?.message.includes("Fedora Linux 41"));
});
