import test from "ava";
import { insertDisk, twoDisks, twoDisksUefi, withArray } from "../../raid/worlds.ts";
import { assertOnce, assertOnlyOldAndNew } from "./assertions.ts";
import { fresh, goodHands, old, openSwap, survivor } from "./swap-story.ts";

const hot = { mode: "hot" } as const;

test("another serial number is typed: nothing goes on, and it is asked again with the reason", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    { pull: [() => "0002", () => "1234", () => "001", goodHands.pull] },
  );
  await story.begin();
  t.is((await story.end()).state, "done");
  const complaints = story.asked.flatMap(({ kind, question }) => (kind === "pull" ? [question.complaint] : []));
  t.deepEqual(complaints, [
    undefined,
    `0002 is how ${survivor} ends, which must stay: if it is out, put it back into slot 1`,
    `1234 isn't how ${old} ends: nothing was done; look at the label again`,
    `001 isn't how ${old} ends: nothing was done; look at the label again`,
  ]);
});

test("right four characters, but the disk is in again: it isn't believed", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      pull: [
        (host) => {
          host.pull(old);
          host.putBack(old);
          return "0001";
        },
        goodHands.pull,
      ],
    },
  );
  await story.begin();
  t.is((await story.end()).state, "done");
  t.is(story.asked[1]?.question.complaint, `${old} is still, or again, in the machine`);
});

test("the wrong disk is pulled: an alarm at once, the question changes, and it is re-added when it is back", async (t) => {
  const three = threeMirrors();
  const story = await openSwap(
    t,
    { world: three, parameters: hot },
    {
      pull: [
        (host) => {
          host.pull(survivor);
          return undefined;
        },
        goodHands.pull,
      ],
    },
  );
  await story.begin();
  t.is((await story.end()).state, "done");
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["pull", "put-back", "pull", "new-disk"],
  );
  t.regex(story.asked[1]?.question.text ?? "", /^STOP: the wrong disk was pulled\. Put S3YANX0B0002 back into its bay/);
  t.deepEqual(story.asked[1]?.question.facts, [{ label: "put back: slot 1", value: survivor }]);
  const notes = await story.notes();
  t.true(notes.includes("milestone wrong-disk-pulled"), notes.join("\n"));
  t.true(notes.includes(`ALARM: the wrong disk was pulled: ${survivor}, not ${old}`));
  const back = story.host.did.filter(({ act }) => act === "reAddMember").map(({ call }) => call.serial);
  t.deepEqual(back, [survivor, survivor, survivor]);
  assertOnlyOldAndNew(t, story);
  assertOnce(t, story);
});

test("while the new disk is waited for a good one is pulled: the alarm comes there, too", async (t) => {
  const story = await openSwap(
    t,
    { world: threeMirrors(), parameters: hot },
    { "new-disk": [(host) => void host.pull(survivor), goodHands["new-disk"]] },
  );
  await story.begin();
  t.is((await story.end()).state, "done");
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["pull", "new-disk", "put-back", "new-disk"],
  );
});

test("cold: the machine comes back with the wrong disk out: it goes off again until it is put right", async (t) => {
  const story = await openSwap(
    t,
    { world: threeMirrors(), parameters: { mode: "cold" } },
    {
      "while-off": [
        (host) => {
          host.pull(survivor);
          return "done";
        },
        (host, question) => {
          host.putBack(survivor);
          return goodHands["while-off"](host, question);
        },
      ],
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["before-off", "while-off", "while-off"],
  );
  t.is(story.asked[2]?.question.complaint, `the wrong disk was pulled: put ${survivor} back`);
  t.is(story.asked[2]?.question.expects, "the last four characters of the pulled disk's serial number");
  t.is(story.host.did.filter(({ act }) => act === "powerOffNow").length, 2);
});

for (const [name, over, complaint] of [
  [
    "too small",
    { sizeBytes: 900_000_000_000 },
    "NEW0X0Z9999 is too small: it has 900 GB (900000000000 bytes), and 1.07 TB (1073741824000 bytes) are needed",
  ],
  [
    "of another sector size",
    { over: { logicalSectorBytes: 4096 } },
    "NEW0X0Z9999 has sectors of 4096 bytes, and the old disk's have 512",
  ],
  [
    "on USB",
    { over: { transport: "usb" } },
    "NEW0X0Z9999 is on USB or can be taken out like a medium: it is not taken for the new disk",
  ],
] as const) {
  test(`the new disk is ${name}: it isn't taken, both numbers are said, and another one is waited for`, async (t) => {
    const good = { name: "sdd", serial: "NEW0X0Z8888" };
    const story = await openSwap(
      t,
      { world: twoDisks(), parameters: hot },
      {
        "new-disk": [
          (host) => void host.insert({ ...fresh, ...over }),
          (host) => {
            host.pull(fresh.serial ?? "");
            host.insert(good);
            return undefined;
          },
        ],
      },
    );
    await story.begin();
    const end = await story.end();
    t.is(end.state, "done", end.message);
    t.is(story.asked[2]?.question.complaint, complaint);
    const written = story.host.did.filter(({ act }) => ["wipeDisk", "partitionDisk", "addMember"].includes(act));
    t.true(written.length > 0 && written.every(({ call }) => call.serial === good.serial));
  });
}

test("gates refuse: nothing but looking was done, and each gate is named", async (t) => {
  const story = await openSwap(t, {
    world: withArray(twoDisks(), "md1", { syncAction: "resync", syncCompleted: 0.3 }),
    parameters: hot,
  });
  await story.begin();
  const end = await story.end();
  t.is(end.code, "swap-refused-by-gates");
  t.regex(end.message ?? "", /G4 md1: sync_action is resync, 30 %/);
  t.deepEqual(
    story.host.did.map(({ act }) => act).filter((act) => act !== "rescan"),
    ["recordHost"],
  );
});

test("what is waived is in the history, with who did it", async (t) => {
  const options = { world: twoDisks(), probes: [], parameters: { ...hot, waivers: ["backup:/", "backup:/srv"] } };
  const story = await openSwap(t, options);
  await story.begin();
  t.is((await story.end()).state, "done");
  const waived = (await story.notes()).filter((note) => note.includes("waived"));
  t.deepEqual(
    waived.map((note) => note.replace(/:[^:]*$/, "")),
    ["ann waived backup:/ (G10): filesystem /", "ann waived backup:/srv (G10): filesystem /srv"],
  );
});

test("while it was prepared another disk failed: refused before the first command", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: { mode: "cold" } });
  story.host.onContact = ({ act, when }) => {
    if (act === "backUpNow" && when === "after")
      story.host.world = withArray(story.host.world, "md0", { syncAction: "recover", syncCompleted: 0.1 });
  };
  story.host.speed = 0;
  await story.begin();
  const end = await story.end();
  t.is(end.code, "swap-refused-by-gates", end.message);
  t.false(story.host.did.some(({ act }) => act === "failMember"));
});

test("called off before the pull: everything is back as it was, also what the system let go of", async (t) => {
  const world = twoDisksUefi();
  const story = await openSwap(t, { world, parameters: hot }, { pull: () => undefined });
  await story.begin();
  t.true(await story.until(() => story.asked.length > 0));
  t.true(story.host.world.arrays.every(({ degraded }) => degraded === 1));
  await story.controller().lifecycle.cancel("web01", "ann");
  await story.until(() => false, 0.5);
  t.deepEqual(
    story.host.world.arrays.map(({ degraded }) => degraded),
    world.arrays.map(() => 0),
  );
  const back = story.host.did.filter(({ act }) => act === "reAddMember").map(({ call }) => call.serial);
  t.deepEqual(back, [old, old]);
  t.false(story.host.world.bays.some(({ locate }) => locate));
  const swaps = story.host.world.blocks.filter(({ mountPoints }) => mountPoints.includes("[SWAP]"));
  t.is(swaps.length, 2);
});

test("called off after the pull: nothing is forced, the host stays as it is", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: hot }, { "new-disk": () => undefined });
  await story.begin();
  t.true(await story.until(() => story.asked.some(({ kind }) => kind === "new-disk")));
  await story.controller().lifecycle.cancel("web01", "ann");
  await story.until(() => false, 0.5);
  t.false(story.host.did.some(({ act }) => act === "reAddMember" || act === "addMember"));
});

test("the rebuild stalls: an alarm, somebody's turn, and it goes on by itself when it moves", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      stall: (host) => {
        host.speed = 0.5;
        return undefined;
      },
    },
  );
  story.host.onContact = ({ act, when }) => {
    if (act === "addMember" && when === "after" && story.host.did.filter((one) => one.act === act).length === 3)
      story.host.speed = 0;
  };
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.is(story.asked.at(-1)?.kind, "stall");
  t.true((await story.notes()).some((note) => note.startsWith("ALARM: the rebuild hasn't moved")));
});

test("the connection is lost in the middle of an act: what was done is looked for, and it isn't done twice", async (t) => {
  for (const act of ["failMember", "removeMember", "detachDisk", "partitionDisk", "addMember"] as const)
    for (const done of [true, false]) {
      const story = await openSwap(t, { world: twoDisks(), parameters: hot });
      story.host.drop = { act, done };
      await story.begin();
      const end = await story.end();
      t.is(end.state, "done", `${act} ${done}: ${end.message}`);
      assertOnce(t, story);
    }
});

test("bad blocks in a survivor after the rebuild: done, but degraded, and it says what is wrong", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: hot });
  story.host.onContact = ({ act, when }) => {
    if (act !== "installBoot" || when !== "after") return;
    const world = story.host.world;
    const members = world.arrays[1]?.members.map((one) => ({ ...one, badBlocks: ["204800 8"] })) ?? [];
    story.host.world = withArray(world, "md1", { members });
  };
  await story.begin();
  const end = await story.end();
  t.is(end.code, "swap-degraded-done");
  t.regex(end.message ?? "", /S3YANX0B0002 in md1 has 8 bad sectors/);
});

/** Mirrors of three: one may be pulled by mistake while another is out, and the host still runs. */
function threeMirrors() {
  const world = insertDisk(twoDisks(), { name: "sdx", serial: "S3YANX0C0003" });
  const model = world.disks[1];
  if (!model) throw new Error("no model");
  const rename = (name: string) => name.replace(/^sdb/, "sdx");
  return {
    ...world,
    disks: world.disks.map((disk) =>
      disk.name === "sdx"
        ? { ...disk, partitions: model.partitions.map((one) => ({ ...one, name: rename(one.name) })) }
        : disk,
    ),
    blocks: [
      ...world.blocks.filter(({ name }) => name !== "sdx"),
      ...world.blocks
        .filter(({ name }) => name.startsWith("sdb"))
        .map((block) => ({ ...block, name: rename(block.name), parents: block.parents.map(rename) })),
    ],
    boot: world.boot.map((state) =>
      state.disk === "sdx"
        ? {
            ...state,
            bootCode: true,
            biosBoot: { partition: "sdx1", empty: false, digest: "d41d8cd98f00b204e9800998ecf8427e" },
          }
        : state,
    ),
    arrays: world.arrays.map((array) => ({
      ...array,
      raidDisks: 3,
      members: [
        ...array.members,
        ...array.members
          .filter(({ serial }) => serial === survivor)
          .map((one) => ({ ...one, device: rename(one.device), serial: "S3YANX0C0003", slot: 2 })),
      ],
    })),
    bays: [
      ...world.bays,
      { slot: "2", enclosure: "0:0:32:0", serial: "S3YANX0C0003", locate: false, source: "enclosure" as const },
    ],
  };
}

test("an array breaks where its member was to fail: an alarm, and nothing more is done to any array", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: hot }, {});
  story.host.breaks = "md1";
  await story.begin();
  const { state, code } = await story.end();
  t.deepEqual([state, code], ["failed", "array-broke"]);
  const acts = story.host.did.map(({ act }) => act);
  t.true(acts.includes("removeMember"), "one array was left before");
  t.deepEqual(
    acts.filter((act) => /^(?:reAdd|add|replace)Member|removeGone/.test(act)),
    [],
  );
  const notes = (await story.controller().lifecycle.history("web01")).flatMap((one) =>
    one.kind === "note" ? [one.text] : [],
  );
  t.true(notes.some((text) => text.startsWith("ALARM: ") && text.includes("writing a file failed")));
});
