import test from "ava";
import { alarmsOf, type Look, wantingReplacement } from "../../src/raid/alarms.ts";
import { diskStatus } from "../../src/raid/disk-status.ts";
import type { World } from "../../src/raid/world.ts";
import { pullDisk, serials, twoDisks, withMember, withSmart } from "./worlds.ts";

const [first = "", second = ""] = serials;

const look = (world: World): Look => ({ world, status: diskStatus(world) });

const healthy = twoDisks();

for (const [says, world, wanted] of [
  ["nobody of a healthy host", healthy, []],
  ["one that failed", withMember(healthy, "sdb3", { states: ["faulty"] }), [second]],
  [
    "one with a write error, though its array shows [UU]",
    withMember(healthy, "sdb3", { states: ["in_sync", "write_error", "want_replacement"] }),
    [second],
  ],
  ["one whose SMART counts pending sectors, though it says passed", withSmart(healthy, first, { pending: 8 }), [first]],
  ["one that is gone", pullDisk(healthy, second), [second]],
  [
    "the one that failed before the one with bad SMART",
    withSmart(withMember(healthy, "sdb3", { states: ["faulty"] }), first, { pending: 8 }),
    [second, first],
  ],
] as const) {
  test(`wants to be replaced: ${says}`, (t) => {
    t.deepEqual(
      wantingReplacement(world, healthy).map(({ serial }) => serial),
      [...wanted],
    );
  });
}

test("a disk that was gone before anybody looked can't be named, but its array is told", (t) => {
  const world = pullDisk(healthy, second);
  t.deepEqual(wantingReplacement(world), []);
  t.true(alarmsOf(undefined, look(world)).some(({ about, kind }) => about === "md1" && kind === "worse"));
});

test("a disk that was taken out of a whole host isn't missed", (t) => {
  const spare = { ...healthy, disks: healthy.disks.filter((disk) => disk.serial !== second) };
  t.deepEqual(wantingReplacement(spare, healthy), []);
});

test("the same is told once; when it becomes worse it is told again", (t) => {
  const failed = withMember(healthy, "sdb3", { states: ["faulty"] });
  const told = alarmsOf(look(healthy), look(failed));
  t.deepEqual(
    told.filter(({ kind }) => kind === "replace").map(({ about }) => about),
    [second],
  );
  t.deepEqual(alarmsOf(look(failed), look(failed)), []);
  const both = withSmart(failed, first, { pending: 1 });
  t.true(alarmsOf(look(failed), look(both)).some(({ kind, about }) => kind === "replace" && about === first));
});

test("SMART's counters: a rise is told with both numbers, a first reading and a fall aren't", (t) => {
  const counted = (count: number) => look(withSmart(healthy, first, { crcErrors: count }));
  const drift = (before: Look | undefined, now: Look) =>
    alarmsOf(before, now).filter(({ kind }) => kind === "smart-drift");
  t.deepEqual(
    drift(counted(2), counted(5)).map(({ about, text }) => [about, text]),
    [[first, "2 → 5 CRC errors (199): the cable or the backplane"]],
  );
  t.deepEqual(drift(counted(5), counted(2)), []);
  t.deepEqual(drift(undefined, counted(5)), []);
});
