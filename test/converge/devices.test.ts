import { execFileSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { filesystem } from "../../src/converge/resources/filesystem.ts";
import { partition } from "../../src/converge/resources/partition.ts";
import { catalogueOf, makeScratch, type Scratch } from "./scratch.ts";

/** On loop devices over files of a scratch folder: what a type of disks does, by each shell. */
const MiB = 2 ** 20;

function loopDevice(t: ExecutionContext, scratch: Scratch, sizeMiB: number) {
  const file = scratch.path(`disk-${sizeMiB}`);
  writeFileSync(file, "");
  truncateSync(file, sizeMiB * MiB);
  const device = execFileSync("losetup", ["--find", "--show", "--partscan", file], { encoding: "utf8" }).trim();
  t.teardown(() => execFileSync("losetup", ["--detach", device]));
  return { file, device };
}

for (const [says, interpreter] of [
  ["dash", ["sh"]],
  ["busybox", ["busybox", "sh"]],
] as const) {
  const prepare = (t: ExecutionContext) => {
    const scratch = makeScratch(interpreter);
    t.teardown(() => scratch.remove());
    const run = (resource: Resource) => converge(catalogueOf([resource]), scratch.shell, { clock });
    const differs = async (resource: Resource) =>
      (await planCatalogue(catalogueOf([resource]), scratch.shell)).planned.flatMap(({ changes }) => changes);
    return { scratch, run, differs };
  };

  for (const type of ["ext4", "vfat"] as const) {
    test.serial(`${says}: a ${type} is made once, and never in place of something else`, async (t) => {
      const { scratch, run, differs } = prepare(t);
      const { device } = loopDevice(t, scratch, 16);
      const wanted = filesystem(device, { type, label: "ONE" });
      t.is((await run(wanted)).outcome, "changed");
      t.deepEqual(await differs(wanted), []);
      t.is(execFileSync("blkid", ["-p", "-s", "LABEL", "-o", "value", device], { encoding: "utf8" }).trim(), "ONE");
      const other = filesystem(device, { type: type === "ext4" ? "vfat" : "ext4" });
      const refused = await run(other);
      t.is(refused.results[0]?.error?.code, "device-refused");
      t.regex(refused.results[0]?.error?.message ?? "", new RegExp(`holds ${type} "ONE"`));
      t.deepEqual(await differs(wanted), []);
    });
  }

  test.serial(`${says}: an ext4 grows to its device`, async (t) => {
    const { scratch, run, differs } = prepare(t);
    const { file, device } = loopDevice(t, scratch, 24);
    await run(filesystem(device, { type: "ext4" }));
    truncateSync(file, 48 * MiB);
    execFileSync("losetup", ["--set-capacity", device]);
    t.deepEqual(await differs(filesystem(device, { type: "ext4" })), []);
    const growing = filesystem(device, { type: "ext4", grow: true });
    t.deepEqual(await differs(growing), [{ property: "size", from: "24MiB", to: "48MiB" }]);
    t.is((await run(growing)).outcome, "changed");
    t.deepEqual(await differs(growing), []);
  });

  test.serial(`${says}: two signatures are no empty device, nor the file system that one of them says`, async (t) => {
    const { scratch, run } = prepare(t);
    const [{ device }, other] = [loopDevice(t, scratch, 17), loopDevice(t, scratch, 18)];
    execFileSync("mkfs.ext4", ["-q", device]);
    execFileSync("mkfs.vfat", [other.device], { stdio: "ignore" });
    execFileSync("dd", [`if=${other.device}`, `of=${device}`, "bs=512", "count=1"], { stdio: "ignore" });
    for (const type of ["vfat", "ext4", "xfs"] as const) {
      const { results } = await run(filesystem(device, { type }));
      t.is(results[0]?.error?.code, "device-refused");
      t.regex(results[0]?.error?.message ?? "", /holds several signatures/);
    }
  });

  test.serial(`${says}: partitions are made in free space, and one that is there stays as it is`, async (t) => {
    const { scratch, run, differs } = prepare(t);
    const { device } = loopDevice(t, scratch, 20);
    const [first, second] = [
      partition(`${device}p2`, { size: "4MiB", type: "raid", name: "two" }),
      partition(`${device}p1`, { size: "rest" }),
    ];
    const table = () => execFileSync("sfdisk", ["-d", device], { encoding: "utf8" }).match(/^\/dev\/.*$/gm);
    for (const one of [first, second]) {
      t.is((await run(one)).outcome, "changed");
      t.deepEqual(await differs(one), []);
    }
    const before = table();
    t.is(before?.length, 2);
    for (const wrong of [
      partition(`${device}p2`, { size: "8MiB", type: "raid" }),
      partition(`${device}p3`, { size: "64MiB" }),
    ]) {
      const { results } = await run(wrong);
      t.is(results[0]?.error?.code, "device-refused", JSON.stringify(results));
    }
    t.deepEqual(table(), before);
  });
}
