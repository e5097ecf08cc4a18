import test from "ava";
import { ProvisionError } from "../../../src/errors.ts";
import { ownSystem, parseArchives } from "../../../src/sim/hosts/system.ts";
import type { Shell } from "../../../src/transport/shell.ts";

const mirrors = "http://near.example/ubuntu/\tpriority:1\nhttps://far.example/ubuntu/\tpriority:2\n";
const files: Readonly<Record<string, string>> = { "/etc/apt/apt-mirrors.txt": mirrors };
const read = (path: string) => files[path] ?? "";
const debian = { family: "debian", codename: "bookworm", read } as const;
const ubuntu = { family: "ubuntu", codename: "noble", read } as const;

for (const [says, of, lines, expected] of [
  [
    "Debian's archive and its security, each component once",
    debian,
    [
      "Debian|http://mirror.example/debian/|bookworm|main",
      "Debian|http://mirror.example/debian/|bookworm|main",
      "Debian|http://mirror.example/debian/|bookworm|contrib",
      "Debian|http://mirror.example/debian/|bookworm-updates|main",
      "Debian|http://mirror.example/debian-security/|bookworm-security|main",
    ],
    [
      "debian http://mirror.example/debian bookworm main contrib",
      "debian http://mirror.example/debian bookworm-updates main",
      "debian-security http://mirror.example/debian-security bookworm-security main",
    ],
  ],
  [
    "no archive of others, no backports, no other release",
    debian,
    [
      "Google|https://packages.example/apt/|cloud-sdk|main",
      "Debian|http://mirror.example/debian/|bookworm-backports|main",
      "Debian|http://mirror.example/debian/|trixie|main",
      "Debian|file:/srv/mirror/|bookworm|main",
      "Debian|https://mirror.example/debian/|bookworm|main",
    ],
    ["debian https://mirror.example/debian bookworm main"],
  ],
  [
    "two archives whose addresses end alike get two names",
    ubuntu,
    ["Ubuntu|http://one.example/ubuntu/|noble|main", "Ubuntu|http://two.example/ubuntu/|noble-security|main"],
    ["ubuntu http://one.example/ubuntu noble main", "ubuntu-2 http://two.example/ubuntu noble-security main"],
  ],
  [
    "a file of mirrors, as GitHub's runners have it: the first",
    ubuntu,
    ["Ubuntu|mirror+file:/etc/apt/apt-mirrors.txt/|noble|universe"],
    ["ubuntu http://near.example/ubuntu noble universe"],
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

const bookworm = () => 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n';

/** apt before and after it has fetched its lists. */
function aptWith(after: string): { readonly shell: Shell; readonly ran: string[] } {
  const ran: string[] = [];
  const shell: Shell = {
    name: "local",
    close: async () => {},
    run: async (command) => {
      const verb = "argv" in command ? command.argv.find((word) => !word.startsWith("-") && word !== "apt-get") : "";
      const stdout = verb === "indextargets" && ran.includes("update") ? after : "";
      ran.push(verb ?? "");
      return { exitCode: 0, stdout, stderr: "", durationMs: 1 };
    },
  };
  return { shell, ran };
}

test("a machine whose apt has no lists yet fetches them", async (t) => {
  const { shell, ran } = aptWith("Debian|http://mirror.example/debian/|bookworm|main\n");
  const system = await ownSystem(shell, bookworm);
  t.deepEqual(
    system.archives.map(({ upstream }) => upstream),
    ["http://mirror.example/debian"],
  );
  t.deepEqual(ran, ["indextargets", "update", "indextargets"]);
});

test("a machine that has no archive of its own release even then is told so", async (t) => {
  const error = await t.throwsAsync(ownSystem(aptWith("").shell, bookworm), { instanceOf: ProvisionError });
  t.is(error?.code, "hosts-no-archive");
});

test("another distribution is refused by its name", async (t) => {
  const error = await t.throwsAsync(
    ownSystem(aptWith("").shell, () => 'ID=fedora\nPRETTY_NAME="Fedora Linux 41"\n'),
    {
      instanceOf: ProvisionError,
    },
  );
  t.is(error?.code, "hosts-unsupported-system");
  t.true(error?.message.includes("Fedora Linux 41"));
});
