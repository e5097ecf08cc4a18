import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { renderAnswer } from "../../../src/boot/render/answer.ts";
import { machine, templates } from "./machines.ts";
import { answerTo, autoinstallOf, sections } from "./pieces.ts";
import { sandbox } from "./sandbox.ts";

const debian = () =>
  answerTo(
    renderAnswer(templates, { ...machine("preseed", { os: "debian12" }), reveal: true }),
    "preseed/late_command",
  ) ?? "";
const rhel = () =>
  sections(
    renderAnswer(templates, { ...machine("kickstart", { os: "rhel9", layout: "single" }), reveal: true }),
    "%post",
  )[1] ?? "";
const ubuntu = () =>
  autoinstallOf(renderAnswer(templates, { ...machine("autoinstall", { os: "ubuntu2404" }), reveal: true }));

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

test("debian12: the last command leaves keys, network, sudo and the callback in the new system", (t) => {
  const box = sandbox(t);
  const { status, output } = box.run(debian());
  t.is(status, 0, output);
  t.is(box.read("target/root/.ssh/authorized_keys"), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAda ada@desk\n");
  t.is(mode(join(box.root, "target/root/.ssh")), "700");
  t.is(mode(join(box.root, "target/root/.ssh/authorized_keys")), "600");
  t.is(box.read("target/etc/sudoers.d/provision-ops"), "ops ALL=(ALL) NOPASSWD: ALL\n");
  t.is(box.read("target/etc/resolv.conf"), "search rack.test\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n");
  t.is(
    box.read("target/etc/systemd/network/10-provision-0.network"),
    "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Network]\nAddress=192.0.2.11/24\nGateway=192.0.2.254\n",
  );
  t.is(
    box.read("target/etc/systemd/network/10-provision-1.network"),
    "[Match]\nMACAddress=52:54:00:00:00:02\n\n[Network]\nAddress=198.51.100.11/25\n",
  );
  t.is(box.read("target/etc/provision-first-boot"), 'url = "http://192.0.2.1:8077/boot/canarytoken/done"\n');
  t.is(mode(join(box.root, "target/etc/provision-first-boot")), "600");
  t.is(mode(join(box.root, "target/usr/local/sbin/provision-first-boot")), "755");
  t.regex(box.read("in-target"), /systemctl\|enable\|systemd-networkd\.service\|provision-first-boot\.service\|/);
  t.deepEqual(box.posts().at(-1), { to: "milestone", body: "configured" });
});

test("rhel9 and ubuntu2404 leave the same callback", (t) => {
  const box = sandbox(t);
  const moved = rhel().replaceAll(/put '\//g, `put '${box.root}/target/`);
  const { status, output } = box.run(moved.replaceAll(`${box.root}/target`, "/target"));
  t.is(status, 0, output);
  const debianBox = sandbox(t);
  debianBox.run(debian());
  const files = ubuntu().autoinstall["user-data"].write_files;
  t.is(files.length, 3);
  for (const { path, content, permissions } of files) {
    t.is(box.read(`target${path}`), content, path);
    t.is(debianBox.read(`target${path}`), content, path);
    t.is(mode(join(box.root, `target${path}`)), String(Number(permissions)));
  }
  t.regex(box.read("systemctl"), /enable\|provision-first-boot\.service\|/);
});

/** The callback as it is on the machine, its paths moved into the sandbox. */
function callback(box: ReturnType<typeof sandbox>) {
  box.run(debian());
  const script = box.read("target/usr/local/sbin/provision-first-boot");
  return () => box.run(script.replaceAll(/\/(etc|usr)\//g, "/target/$1/").replaceAll("-lt 120", "-lt 2"));
}

test("the first boot sends the host keys and leaves nothing behind", (t) => {
  const box = sandbox(t);
  const boot = callback(box);
  box.run(
    "mkdir -p /target/etc/ssh; cd /target/etc/ssh; echo 'ssh-ed25519 AAAAed root@n1' > ssh_host_ed25519_key.pub; echo 'ssh-rsa AAAArsa root@n1' > ssh_host_rsa_key.pub",
  );
  const { status, output } = boot();
  t.is(status, 0, output);
  t.deepEqual(box.posts().at(-1), { to: "done", body: "hostkey ssh-ed25519 AAAAed\nhostkey ssh-rsa AAAArsa" });
  t.false(box.exists("target/etc/provision-first-boot"), "the token is gone");
  t.false(box.exists("target/usr/local/sbin/provision-first-boot"));
  t.regex(box.read("systemctl"), /disable\|provision-first-boot\.service\|/);
});

test("the first boot says nothing before there are host keys, and tries again when nobody answers", (t) => {
  const box = sandbox(t);
  const boot = callback(box);
  const before = box.posts().length;
  t.is(boot().status, 1);
  t.is(box.posts().length, before);
  t.true(box.exists("target/etc/provision-first-boot"));
  box.run("mkdir -p /target/etc/ssh; echo 'ssh-ed25519 AAAAed root@n1' > /target/etc/ssh/ssh_host_ed25519_key.pub");
  writeFileSync(join(box.root, "offline"), "");
  t.is(boot().status, 1);
  t.is(box.posts().length, before + 2);
  t.true(box.exists("target/etc/provision-first-boot"), "it will try again at the next boot");
});
