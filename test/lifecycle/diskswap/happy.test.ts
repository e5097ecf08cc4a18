import test from "ava";
import type { World } from "../../../src/raid/world.ts";
import { failDisk, raid5, raid6, twoDisks, twoDisksUefi, twoNvme } from "../../raid/worlds.ts";
import { assertOnlyOldAndNew } from "./assertions.ts";
import { fresh, type Hands, old, openSwap, type SwapOptions } from "./swap-story.ts";

const withFreeBay = (world: World): World => ({
  ...world,
  bays: [...world.bays, { slot: "9", enclosure: "0:0:32:0", locate: false, source: "enclosure" }],
});

const swapped = "wipeDisk partitionDisk addMember";

const stories: readonly {
  readonly story: string;
  readonly options: SwapOptions;
  readonly hands?: Hands;
  /** What was asked for, in order. */
  readonly asked: string;
  /** What was done, in the order in which it was done first. */
  readonly did: string;
  /** Steps that had nothing to do. */
  readonly skipped: string;
}[] = [
  {
    story: "hot, BIOS",
    options: { world: twoDisks() },
    asked: "pull new-disk",
    did: `failMember removeMember locate detachDisk vetDisk ${swapped} installBoot refreshBootConfig queueCheck`,
    skipped: "approve back-up prepare-boot quiesce swap remove-replaced identify-replaced pull-replaced undrain",
  },
  {
    story: "hot, UEFI with swap beside the arrays: swap goes off and comes back, /boot/efi moves to the survivor",
    options: { world: twoDisksUefi(), parameters: { mode: "hot" } },
    asked: "pull new-disk",
    did: `swapOff moveEspMount failMember removeMember locate detachDisk vetDisk ${swapped} makeEsp installBoot makeSwap refreshBootConfig queueCheck`,
    skipped: "approve back-up prepare-boot undrain",
  },
  {
    story: "hot, NVMe",
    options: { world: twoNvme(), parameters: { mode: "hot" } },
    hands: { "new-disk": (host) => void host.insert({ ...fresh, name: "nvme2n1", over: { transport: "nvme" } }) },
    asked: "pull new-disk",
    did: `swapOff moveEspMount failMember removeMember locate detachDisk vetDisk ${swapped} makeEsp installBoot makeSwap refreshBootConfig queueCheck`,
    skipped: "approve back-up prepare-boot undrain",
  },
  {
    story: "hot, no light anywhere: its activity shows which one it is",
    options: { world: raid5(), parameters: { mode: "hot" }, light: "none" },
    asked: "find pull new-disk",
    did: "failMember removeMember locate blink detachDisk vetDisk wipeDisk addMember refreshBootConfig queueCheck",
    skipped: "approve back-up prepare-boot quiesce partition boot-loader swap undrain",
  },
  {
    story: "cold: the machine is off while hands work",
    options: { world: twoDisks(), parameters: { mode: "cold" } },
    asked: "before-off while-off",
    did: `backUpNow failMember removeMember locate powerOffNow vetDisk ${swapped} installBoot refreshBootConfig queueCheck`,
    skipped: "approve prepare-boot quiesce swap undrain",
  },
  {
    story: "add first: redundancy never drops",
    options: { world: withFreeBay(raid6()), parameters: { mode: "add-first" } },
    asked: "new-disk pull",
    did: "vetDisk wipeDisk replaceMember removeMember locate detachDisk refreshBootConfig queueCheck",
    skipped: "approve back-up prepare-boot quiesce partition boot-loader swap undrain",
  },
  {
    story: "add first, chosen because the old disk still reads and a bay is free",
    options: { world: withFreeBay(raid6()) },
    asked: "new-disk pull",
    did: "vetDisk wipeDisk replaceMember removeMember locate detachDisk refreshBootConfig queueCheck",
    skipped: "approve back-up prepare-boot quiesce remove identify pull partition boot-loader swap undrain",
  },
  {
    story: "a disk that has failed by itself",
    options: { world: failDisk(twoDisks(), old) },
    asked: "pull new-disk",
    did: `removeMember locate detachDisk vetDisk ${swapped} installBoot refreshBootConfig queueCheck`,
    skipped: "approve back-up prepare-boot quiesce swap remove-replaced identify-replaced pull-replaced undrain",
  },
];

for (const { story: name, options, hands, asked, did, skipped } of stories) {
  test(name, async (t) => {
    const story = await openSwap(t, options, hands);
    await story.begin();
    const end = await story.end();
    t.is(end.state, "done", end.message ?? "");
    t.is(story.asked.map(({ kind }) => kind).join(" "), asked);
    const acts = new Set(story.host.did.map(({ act }) => act));
    t.is([...acts].join(" "), `recordHost ${did}`);
    const states = await story.steps();
    t.is(
      Object.keys(states)
        .filter((step) => states[step] === "skipped")
        .join(" "),
      skipped,
    );
    assertOnlyOldAndNew(t, story);
    t.deepEqual(
      story.host.world.arrays.map((array) => array.degraded),
      story.host.world.arrays.map(() => 0),
    );
    t.false(story.host.world.bays.some((bay) => bay.locate));
  });
}
