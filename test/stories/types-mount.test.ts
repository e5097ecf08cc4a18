import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { filesystem } from "../../src/converge/resources/filesystem.ts";
import { mount } from "../../src/converge/resources/mount.ts";
import { catalogueOf } from "../converge/scratch.ts";
import { type Container, startContainer } from "../roles/container.ts";

/** Mounts where fstab is ignored and nobody makes device units: a container, with a loop device under another name. The steps build on each other. */
let host: Container;
let folder: string;
let loop: string;

const device = "/dev/vdb";
const scratch = mount("/srv/scratch", { source: "tmpfs", type: "tmpfs", options: ["size=4m", "mode=0750"] });
const wanted: Resource[] = [
  scratch,
  filesystem(device, { type: "ext4", label: "www" }),
  mount("/srv/www", { source: device, type: "ext4", options: ["noatime"] }),
  directory("/srv/www/pages", { mode: "0750" }),
  mount("/srv/pages", { source: "/srv/www/pages", options: ["bind"] }),
];

const ask = async (script: string) => (await host.shell.run({ script })).stdout.trim();

async function changes(t: ExecutionContext, resources: readonly Resource[]) {
  const report = await converge(catalogueOf(resources), host.shell, { clock });
  assertConverged(report);
  t.is(report.outcome, "changed");
}

const differs = async (resources: readonly Resource[]) =>
  (await planCatalogue(catalogueOf(resources), host.shell)).planned.map(({ item, changes: own }) =>
    [item.reference, ...own.map(({ property }) => property)].join(" "),
  );

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "provision-mount-"));
  const file = join(folder, "disk");
  writeFileSync(file, "");
  truncateSync(file, 32 * 2 ** 20);
  loop = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
  host = await startContainer("provision-mount");
  const { rdev } = statSync(loop);
  await ask(`mknod ${device} b ${rdev >> 8} ${rdev & 0xff}`);
});

test.after.always(async () => {
  await host?.stop();
  if (loop) execFileSync("losetup", ["--detach", loop]);
  if (folder) rmSync(folder, { recursive: true });
});

test.serial("a file system is made and mounted, memory too, and a folder of it elsewhere", async (t) => {
  await changes(t, wanted);
  t.deepEqual(await differs(wanted), []);
  t.is(await ask("findmnt -n -o SOURCE,FSTYPE /srv/scratch | xargs"), "tmpfs tmpfs");
  t.regex(await ask("findmnt -n -o FSTYPE,OPTIONS /srv/www"), /^ext4 +rw,noatime/);
  t.is(await ask("touch /srv/www/pages/one; ls /srv/pages"), "one");
});

test.serial("other options are mounted anew, without a moment away", async (t) => {
  const bigger = [mount("/srv/scratch", { source: "tmpfs", type: "tmpfs", options: ["size=8m", "mode=0750"] })];
  await ask("echo kept > /srv/scratch/file");
  t.deepEqual(await differs(bigger), ["mount[/srv/scratch] content"]);
  await changes(t, bigger);
  t.is(
    await ask("cat /srv/scratch/file; stat -f -c '%S %b' /srv/scratch | { read -r s b; echo $((s * b)); }"),
    `kept\n${8 * 2 ** 20}`,
  );
  await changes(t, [scratch]);
});

test.serial("what somebody unmounted, or mounted something else over, is found and mended", async (t) => {
  await ask("umount /srv/pages; umount /srv/www; mount -t tmpfs other /srv/www");
  t.deepEqual(await differs(wanted), [
    "mount[/srv/www] source",
    "directory[/srv/www/pages] ensure",
    "mount[/srv/pages] mounted",
  ]);
  await changes(t, wanted);
  t.deepEqual(await differs(wanted), []);
  t.is(await ask("ls /srv/pages"), "one");
});

test.serial("what is mounted by the unit is there after a reboot", async (t) => {
  await host.reboot();
  t.deepEqual(await differs([scratch]), []);
});

test.serial("it can go, and leaves its folder", async (t) => {
  const gone = [mount("/srv/scratch", { ensure: "absent" })];
  await changes(t, gone);
  t.deepEqual(await differs(gone), []);
  t.is(await ask("ls -d /srv/scratch; ls /etc/systemd/system | grep scratch"), "/srv/scratch");
});
