import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "ava";
import { grubSerial, listPrefix, plainWwn, quoteGrub } from "../../../src/boot/render/deploy.ts";
import { aptSources } from "../../../src/boot/render/deploy-files.ts";
import { Secret } from "../../../src/secret.ts";
import { compileTemplate } from "../../../src/template.ts";
import { runDeploy } from "./ramdisk.ts";
import { render, templateText } from "./sample.ts";

const parses = (shell: string, text: string) => spawnSync(shell, ["-n"], { input: text, encoding: "utf8" });

const hostile = [
  "it's",
  '"; rm -rf / #',
  "$(touch /tmp/never)",
  "`touch /tmp/never`",
  "$HOME \\ & | ; < >",
  "a\nEOF\nb",
  "'\\''",
  "%s %n",
  "ü — ✓",
];

for (const [name, text] of [
  ["deploy.sh", render()],
  ["init", templateText("init")],
  ["report.sh", templateText("report.sh")],
  ["udhcpc", templateText("udhcpc")],
] as const) {
  for (const shell of ["sh", "bash"]) {
    test(`${name} is a script that ${shell} can read`, (t) => {
      const { status, stderr } = parses(shell, text);
      t.is(status, 0, stderr);
    });
  }
}

for (const text of hostile) {
  test(`arrives as it was written: ${JSON.stringify(text)}`, (t) => {
    const script = render({
      rootKeys: [text],
      domain: text,
      kernelArguments: [text],
      timezone: text,
      disks: [{ serial: text }],
      image: {
        url: `http://10.77.0.1:8077/${text}`,
        sizeBytes: 1024 ** 2,
        digests: { blake2b256: text, xxh64: text },
        kernel: "cloud",
      },
    });
    t.is(parses("sh", script).status, 0);
    const said =
      'want_disk() { printf "%s\\n" "$1"; }; want_disks; write_files; printf "%s\\n" "$image_url" "$timezone" "$image_digest"';
    const ran = runDeploy(script, said);
    t.is(ran.stderr, "");
    t.is(ran.stdout, `${text}\nhttp://10.77.0.1:8077/${text}\n${text}\n${text}\n`);
    t.is(ran.target("/root/.ssh/authorized_keys"), `${text}\n`);
    t.true(ran.target("/etc/resolv.conf").startsWith(`search ${text}\n`));
  });
}

test("the files of a machine with a static and a DHCP card", (t) => {
  const [first] = [{ mac: "52:54:00:77:00:01", address: "10.77.0.11", prefixLength: 24 }];
  const script = render({
    interfaces: [
      { ...first, method: "static", gateway: "10.77.0.1" },
      { ...first, method: "dhcp" },
    ] as never,
    dns: ["10.77.0.1"] as never,
  });
  const ran = runDeploy(script, "write_files");
  t.is(
    ran.target("/etc/systemd/network/10-card0.network"),
    "[Match]\nMACAddress=52:54:00:77:00:01\n\n[Network]\nAddress=10.77.0.11/24\nGateway=10.77.0.1\n",
  );
  t.regex(ran.target("/etc/systemd/network/10-card1.network"), /DHCP=ipv4\n\n\[DHCPv4\]\nClientIdentifier=mac\n/);
  t.is(ran.target("/etc/hostname"), "web01\n");
  t.is(ran.target("/etc/resolv.conf"), "search rack.test\nnameserver 10.77.0.1\n");
  t.regex(ran.target("/etc/hosts"), /^10\.77\.0\.11 web01\.rack\.test web01$/m);
});

test("users: keys, sudo without password, and a hash that is on no command line", (t) => {
  const script = render({
    users: [
      { name: "ann", sshKeys: ["ssh-ed25519 A ann"], sudo: true, passwordHash: new Secret("$y$j9T$x'y") },
      { name: "bob", sshKeys: [], sudo: false },
    ] as never,
  });
  const fakes = 'chroot() { shift; echo "$*" >>run/calls; [ "$1" != chpasswd ] || cat >run/hashes; }';
  const ran = runDeploy(script, `${fakes}\nwrite_files; add_users; cat run/calls run/hashes`);
  t.is(ran.target("/home/ann/.ssh/authorized_keys"), "ssh-ed25519 A ann\n");
  t.is(ran.target("/etc/sudoers.d/ann"), "ann ALL=(ALL:ALL) NOPASSWD: ALL\n");
  t.is(ran.target("/etc/sudoers.d/bob"), "");
  t.regex(ran.stdout, /^chpasswd --encrypted$/m);
  t.regex(ran.stdout, /^ann:\$y\$j9T\$x'y$/m);
  t.notRegex(ran.stdout, /^(?:useradd|usermod).*\$y\$/m);
});

test("the sources are the ones that the role base writes, so that it finds nothing to change", (t) => {
  const template = readFileSync("roles/base/templates/provision.sources.ejs", "utf8");
  const repositories = [
    { name: "debian", suite: "bookworm", components: ["main", "contrib"] },
    { name: "debian-security", suite: "bookworm-security", components: ["main"] },
  ];
  const packagesUrl = "http://10.77.0.1:8077/packages";
  const byBase = compileTemplate(
    "provision.sources",
    template,
  )({
    repositories: repositories.map((each) => ({ ...each, url: `${packagesUrl}/${each.name}` })),
    keyring: "/usr/share/keyrings/debian-archive-keyring.gpg",
  });
  t.is(aptSources(packagesUrl, repositories), byBase);
});

for (const [kernel, digester] of [
  ["cloud", /image_digest=c{16}\nimage_digester='xxhsum -H1'/],
  ["generic", /image_digest=b{64}\nimage_digester='b2sum --length 256'/],
] as const) {
  test(`a ${kernel} kernel verifies with what its processors do fast`, (t) => {
    const digests = { blake2b256: "b".repeat(64), xxh64: "c".repeat(16) };
    t.regex(render({ image: { url: "http://h/i", sizeBytes: 1024 ** 2, digests, kernel } }), digester);
  });
}

for (const [written, expected] of [
  ["0x5000C500A1B2C3D4", "5000c500a1b2c3d4"],
  ["naa.5000c500a1b2c3d4", "5000c500a1b2c3d4"],
  ["wwn-0x5000c500a1b2c3d4", "5000c500a1b2c3d4"],
  ["eui.0025388b01234567", "0025388b01234567"],
  ["5000c500a1b2c3d4", "5000c500a1b2c3d4"],
] as const) {
  test(`the WWN ${written} is ${expected}`, (t) => t.is(plainWwn(written), expected));
}

for (const [console, expected] of [
  ["ttyS0,115200", "serial --unit=0 --speed=115200\n"],
  ["ttyS1,9600n8", "serial --unit=1 --speed=9600\n"],
  ["ttyS0", "serial --unit=0 --speed=115200\n"],
  ["tty0", ""],
] as const) {
  test(`GRUB speaks on ${console}`, (t) => t.true(grubSerial(console).startsWith(expected)));
}

for (const [argument, expected] of [
  ["mitigations=off", "mitigations=off"],
  ["a;reboot", "'a;reboot'"],
  ["it's", "'it'\\''s'"],
] as const) {
  test(`GRUB reads ${argument} as one word`, (t) => t.is(quoteGrub(argument), expected));
}

test("apt's file names for an archive (apt_2.6: URItoFileName)", (t) => {
  t.is(listPrefix("http://10.77.0.1:8077/packages/debian/"), "10.77.0.1:8077_packages_debian");
  t.is(listPrefix("http://example.org/~me/a_b"), "example.org_%7eme_a%5fb");
});
