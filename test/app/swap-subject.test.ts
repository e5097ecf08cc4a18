import test from "ava";
import { keeperParameters, subjectOf } from "../../src/app/disks/subject.ts";
import type { Pool } from "../../src/disks.ts";
import type { World } from "../../src/raid/world.ts";
import { makeHost } from "../raid/world-builder.ts";
import { twoDisks } from "../raid/worlds.ts";

const serials = ["WD0001AAAA", "WD0002BBBB"] as const;
const kept = (
  kind: Pool["kind"],
  name: string,
  members: readonly (readonly [name: string, serial: string])[],
): Pool => ({
  ...{ kind, name, level: "mirror", state: "ok", said: "ONLINE", redundancyLeft: 1 },
  members: members.map(([own, serial]) => ({ name: own, serial, state: "ok", said: "ONLINE" })),
});
const tank = kept("zfs", "tank", [
  ["1700000000000000001", serials[0]],
  ["1700000000000000002", serials[1]],
]);
const volume = kept("megaraid", "/c0/v0", [
  ["/c0/e252/s0", "SG0003CCCC"],
  ["/c0/e252/s1", "SG0004BBBB"],
]);

const host = (...pools: readonly Pool[]): World =>
  makeHost({ disks: serials.map((serial, at) => ({ name: `sd${"ab"[at]}`, serial })), arrays: [] }, { pools });

const subject = (world: World, word: string, options = {}) => subjectOf(world, { node: "web01", word }, options);

test("a disk of a ZFS pool: hot, without arrays, by its keeper's name", (t) => {
  const { plan, keeper, gates } = subject(host(tank), "AAAA");
  t.deepEqual(keeper, { kind: "zfs", pool: "tank", member: "1700000000000000001" });
  t.is(plan.mode, "hot");
  t.deepEqual([plan.memberships, plan.survivors, plan.knownSerials], [[], [serials[1]], [...serials]]);
  t.true((gates ?? []).some(({ id }) => id === "K1"));
});

test("a controller's disk is told by its bay; the host's own disks are all that it can see to vanish", (t) => {
  const { plan, keeper } = subject(host(volume), "/c0/e252/s1");
  t.deepEqual(keeper, { kind: "megaraid", pool: "/c0/v0", member: "/c0/e252/s1" });
  t.is(plan.target.serial, "SG0004BBBB");
  t.deepEqual([plan.survivors, plan.knownSerials], [[], ["SG0004BBBB", ...serials]]);
});

test("a disk of md stays md's", (t) => {
  const { keeper, gates } = subject(twoDisks(), "sdb", { mode: "hot" });
  t.deepEqual([keeper, gates], [undefined, undefined]);
  t.deepEqual(keeperParameters(twoDisks(), "sdb"), {});
});

test("a word that fits one of the host's disks and a controller's is nobody's", (t) => {
  t.throws(() => subject(host(tank, volume), "BBBB"), { code: "disk-several" });
  t.throws(() => subject(host(tank), "WD000X"), { code: "disk-unknown" });
});

for (const mode of ["cold", "add-first"] as const)
  test(`${mode} isn't offered for a keeper's disk`, (t) => {
    t.throws(() => subject(host(tank), "AAAA", { mode }), { code: "keeper-hot-only", message: /kept by zfs/ });
  });
