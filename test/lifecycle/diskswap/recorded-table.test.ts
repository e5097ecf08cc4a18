import test from "ava";
import { recordedTable } from "../../../src/lifecycle/operations/diskswap/recorded-table.ts";
import { parseDump } from "../../../src/raid/acts/sfdisk-dump.ts";
import { pullDisk, surprisePull, twoDisks, wholeDisks } from "../../raid/worlds.ts";
import { old, openSwap, survivor } from "./swap-story.ts";

test("an earlier look's partitions make a table that sfdisk reads: same starts, sizes and types", (t) => {
  const world = twoDisks();
  const table = recordedTable(world, old);
  const { label, sectorBytes, partitions } = parseDump(table ?? "");
  t.deepEqual({ label, sectorBytes }, { label: "gpt", sectorBytes: 512 });
  t.deepEqual(
    partitions.map(({ number, start, size }) => [number, start * 512, size * 512]),
    world.disks[0]?.partitions.map(({ number, startBytes, sizeBytes }) => [number, startBytes, sizeBytes]),
  );
  t.deepEqual(
    partitions.map(({ type }) => type),
    world.blocks.filter(({ name }) => /^sda\d/.test(name)).map(({ partType }) => partType),
  );
});

for (const [name, world, serial] of [
  ["it was never seen", pullDisk(twoDisks(), old), old],
  ["it had no partitions", wholeDisks("raid5", 3), old],
  [
    "what one of them was isn't known",
    { ...twoDisks(), blocks: twoDisks().blocks.map((block) => ({ ...block, partType: "" })) },
    survivor,
  ],
] as const)
  test(`no table is made up: ${name}`, (t) => t.is(recordedTable(world, serial), undefined));

/** The survivor is laid out in another way, so that its table can't be copied. */
const odd = () => {
  const world = twoDisks();
  const disks = world.disks.map((disk) =>
    disk.serial === survivor
      ? { ...disk, partitions: disk.partitions.map((one) => ({ ...one, startBytes: one.startBytes + 1024 * 1024 })) }
      : disk,
  );
  return { ...world, disks };
};

test("a disk that is gone, laid out as no other: its table comes from an earlier look", async (t) => {
  const story = await openSwap(t, { world: surprisePull(odd(), old), recorded: odd(), parameters: { mode: "hot" } });
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  const made = story.host.did.find(({ act }) => act === "partitionDisk");
  t.is(made?.call.dump, recordedTable(odd(), old));
});

test("nobody knows how it was laid out: said before anything is touched", async (t) => {
  const blind = { ...odd(), blocks: odd().blocks.map(({ partType: _type, ...block }) => block) };
  const story = await openSwap(t, { world: surprisePull(blind, old), recorded: blind, parameters: { mode: "hot" } });
  await story.begin();
  t.is((await story.end()).code, "swap-table-unknown");
  t.deepEqual(
    story.host.did.map(({ act }) => act),
    ["recordHost"],
  );
});
