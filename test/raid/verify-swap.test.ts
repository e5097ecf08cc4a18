import test from "ava";
import { makePlan } from "../../src/raid/make-plan.ts";
import { verifyFindings } from "../../src/raid/verify-swap.ts";
import type { World } from "../../src/raid/world.ts";
import {
  addToArrays,
  failDisk,
  insertDisk,
  pullDisk,
  raid5,
  serials,
  twoDisks,
  twoDisksUefi,
  unnoticedPull,
  withArray,
  withMember,
  withSmart,
} from "./worlds.ts";

const [A, B] = serials as [string, string];
const N = "NEW00001";
const swapped = (world: World) => addToArrays(insertDisk(pullDisk(world, B), { name: "sdc", serial: N }), N, A);
const plan = makePlan(twoDisks(), B);
const done = swapped(twoDisks());
const withBoot = (world: World, change: object): World => ({
  ...world,
  boot: world.boot.map((state) => (state.serial === N ? { ...state, ...change } : state)),
});

test("nothing to complain of: every host after its swap", (t) => {
  for (const host of [twoDisks(), raid5()]) {
    const made = makePlan(host, B);
    t.deepEqual(verifyFindings(swapped(host), made, { newSerial: N }), { ok: true, failures: [] });
  }
});

test("the same disk was put back", (t) =>
  t.deepEqual(verifyFindings(twoDisks(), plan, { newSerial: B }), { ok: true, failures: [] }));

for (const [what, world, words] of [
  ["the new disk isn't seen", pullDisk(done, N), /NEW00001 isn't seen/],
  [
    "the rebuild isn't over",
    withArray(withMember(done, "sdc3", { states: ["spare"] }), "md1", { degraded: 1, syncAction: "recover" }),
    /md1: 1 of 2 in sync, degraded 1, recover/,
  ],
  ["the survivor was pulled, and md hasn't noticed", unnoticedPull(done, A), /md0: 1 of 2 in sync, degraded 1, idle/],
  ["it failed again", failDisk(done, N), /NEW00001 isn't a member of md0/],
  ["an array is gone", { ...done, arrays: done.arrays.slice(1) }, /md0 isn't there/],
  ["an array is broken", withArray(done, "md2", { state: "broken" }), /md2 is broken/],
  [
    "F1: the hole was copied into the new disk",
    withMember(done, "sdc2", { badBlocks: ["204800 8"] }),
    /NEW00001 in md0 has 8 bad sectors/,
  ],
  [
    "F1: the survivor has a hole",
    withMember(done, "sda2", { badBlocks: ["204800 8"] }),
    /S3YANX0A0001 in md0 has 8 bad sectors/,
  ],
  [
    "F2: a write error",
    withMember(done, "sdc2", { states: ["in_sync", "write_error"] }),
    /NEW00001 in md0 had write errors/,
  ],
  ["events apart", withMember(done, "sdc3", { events: 12 }), /NEW00001 in md1 is behind the others \(events 12\)/],
  ["the new disk's SMART", withSmart(done, N, { pending: 1 }), /NEW00001: 1 sectors that couldn't be read/],
  ["the survivor's SMART", withSmart(done, A, { reallocated: 1 }), /S3YANX0A0001: 1 reallocated/],
  [
    "no boot loader on the new disk",
    withBoot(done, { bootCode: false }),
    /NEW00001 doesn't start the machine alone: no GRUB/,
  ],
  [
    "the boot loaders weren't read",
    { ...done, boot: [] },
    /NEW00001 doesn't start the machine alone: its boot loader wasn't read/,
  ],
  [
    "the kernel's log has something new",
    { ...done, kernelErrors: [{ device: "sda", text: "I/O error" }] },
    /new in the kernel's log: sda: I\/O error/,
  ],
  [
    "the locate light is on",
    { ...done, bays: done.bays.map((bay) => ({ ...bay, locate: true })) },
    /the locate light of NEW00001 is still on/,
  ],
] as const satisfies readonly (readonly [string, World, RegExp])[]) {
  test(`not proven: ${what}`, (t) => {
    const found = verifyFindings(world, plan, { newSerial: N });
    t.false(found.ok);
    t.true(
      found.failures.some((line) => words.test(line)),
      found.failures.join("\n"),
    );
  });
}

test("the old disk is still a member", (t) => {
  const bay = insertDisk(raid5(), { name: "sdz", serial: N });
  const found = verifyFindings(bay, makePlan(raid5(), B), { newSerial: N });
  t.deepEqual(found.failures, ["NEW00001 isn't a member of md0", "S3YANX0B0002 is still a member of md0"]);
});

test("kernel errors from before are known; one more of the same isn't", (t) => {
  const line = { device: "sda", text: "I/O error" };
  const old = ["sda: I/O error"];
  t.true(verifyFindings({ ...done, kernelErrors: [line] }, plan, { newSerial: N, oldKernelErrors: old }).ok);
  t.false(verifyFindings({ ...done, kernelErrors: [line, line] }, plan, { newSerial: N, oldKernelErrors: old }).ok);
});

test("what the kernel said of the old disk, which is gone, doesn't count; of an array it does", (t) => {
  const said = (device: string) => ({ ...done, kernelErrors: [{ device, text: "I/O error" }] });
  t.true(verifyFindings(said("sdb"), plan, { newSerial: N }).ok);
  t.true(verifyFindings(said("sdb3"), plan, { newSerial: N }).ok);
  for (const device of ["md1", "md", "dm-0", "sdc3"])
    t.false(verifyFindings(said(device), plan, { newSerial: N }).ok, device);
});

test("swap that was on is on again, with its old UUID", (t) => {
  const uefi = makePlan(twoDisksUefi(), B);
  const uuid = uefi.swaps[0]?.uuid as string;
  const off = swapped(twoDisksUefi());
  const on = {
    ...off,
    blocks: off.blocks.map((block) => (block.name === "sdc4" ? { ...block, uuid, mountPoints: ["[SWAP]"] } : block)),
  };
  const other = {
    ...on,
    blocks: on.blocks.map((block) => (block.name === "sdc4" ? { ...block, uuid: "another" } : block)),
  };
  const asked = (world: World) => verifyFindings(world, uefi, { newSerial: N }).failures;
  t.deepEqual(asked(on), []);
  t.deepEqual(asked(off), [`the swap area ${uuid} isn't on at NEW00001's partition 4`]);
  t.deepEqual(asked(other), [`the swap area ${uuid} isn't on at NEW00001's partition 4`]);
});
