import test, { type ExecutionContext } from "ava";
import { keptHost, newSerial, oldSerial } from "./fake-keeper.ts";
import { type KeeperOptions, type KeeperStory, openKeeperSwap } from "./keeper-story.ts";
import { backedUp } from "./swap-story.ts";

// Nothing here is real ZFS, btrfs, storcli or ssacli: the keepers are models (fake-keeper.ts) of what their acts' programs do;
// the programs themselves are tried on paper hosts in test/raid/keepers.

const ended = async (t: ExecutionContext, story: KeeperStory) => {
  const end = await story.end();
  t.is(end.state, "done", `${end.code} ${end.message}`);
  t.is(story.keeper.pool().state, "ok");
  t.true(story.keeper.pool().members.some(({ serial }) => serial === newSerial));
  t.false(story.keeper.pool().members.some(({ serial }) => serial === oldSerial));
};

const asked = (story: KeeperStory) => story.asked.map(({ kind }) => kind).join(" ");
const whole = "approve keeper-back-up";

const stories: readonly {
  readonly story: string;
  readonly options: KeeperOptions;
  readonly asked: string;
  readonly did: readonly string[];
  readonly skipped: string;
}[] = [
  {
    story: "a ZFS mirror: offline, pulled, replaced by GUID",
    options: { kind: "zfs" },
    asked: "pull new-disk",
    did: [`z_leave tank 1700000000000000002 ${oldSerial}`, `z_join tank 1700000000000000002 ${newSerial} 0`],
    skipped: whole,
  },
  {
    story: "a btrfs mirror: nothing is taken out of it, and what was written meanwhile gets its second copy",
    options: { kind: "btrfs", keeper: { thin: true } },
    asked: "pull new-disk",
    did: [`b_leave /srv 2 ${oldSerial}`, `b_join /srv 2 ${newSerial} 0 ${oldSerial}`, "b_finish /srv", "b_finish /srv"],
    skipped: whole,
  },
  {
    story: "MegaRAID: the controller rebuilds by itself",
    options: { kind: "megaraid", keeper: { auto: true } },
    asked: "pull new-disk",
    did: [`m_leave /c0/v0 /c0/e252/s2 ${oldSerial} Optl`, `m_join /c0/v0 /c0/e252/s2 ${oldSerial} no`],
    skipped: `${whole} keeper-wipe`,
  },
  {
    story: "MegaRAID: a drive with another's configuration is asked about, and erased",
    options: { kind: "megaraid", keeper: { foreign: true } },
    asked: "pull new-disk wipe",
    did: [
      `m_leave /c0/v0 /c0/e252/s2 ${oldSerial} Optl`,
      `m_join /c0/v0 /c0/e252/s2 ${oldSerial} no`,
      `m_join /c0/v0 /c0/e252/s2 ${oldSerial} yes`,
    ].filter((line) => !line.endsWith(" no")),
    skipped: `${whole} keeper-wipe`,
  },
  {
    story: "HPE: pulled while it serves, and rebuilt by the controller",
    options: { kind: "hpe", keeper: { auto: true } },
    asked: "pull new-disk",
    did: [`h_leave 0 1 1I:1:2 ${oldSerial} OK`, `h_join 0 1 1I:1:2 ${oldSerial}`],
    skipped: `${whole} keeper-wipe`,
  },
];

for (const { story: name, options, asked: questions, did, skipped } of stories)
  test(name, async (t) => {
    const story = await openKeeperSwap(t, options);
    await story.begin();
    await ended(t, story);
    t.is(asked(story), questions);
    t.deepEqual(
      story.keeper.did.filter((line) => !line.endsWith(" no") || name.includes("by itself")),
      [...did],
    );
    const states = await story.steps();
    const idle = Object.keys(states).filter((step) => states[step] === "skipped");
    t.is(idle.join(" "), skipped);
  });

test("a disk that is out of its ZFS pool already: nothing is taken out, and an empty bay is an answer", async (t) => {
  const world = keptHost("zfs", 2, { state: "degraded", redundancyLeft: 0 });
  const [pool] = world.pools;
  const gone = {
    ...world,
    disks: world.disks.filter(({ serial }) => serial !== oldSerial),
    pools: [
      {
        ...pool!,
        members: pool!.members.map((one) =>
          one.serial === oldSerial ? ({ ...one, state: "missing", said: "UNAVAIL" } as const) : one,
        ),
      },
    ],
  };
  const story = await openKeeperSwap(t, { kind: "zfs", world: gone, hands: { gone: () => "empty" } });
  await story.begin();
  await ended(t, story);
  t.is(asked(story), "gone new-disk");
  t.is((await story.steps())["keeper-leave"], "skipped");
});

const refused: readonly {
  readonly says: string;
  readonly options: KeeperOptions;
  readonly code: string;
  readonly words: RegExp;
}[] = [
  {
    says: "a raidz1 that misses another disk",
    options: { kind: "zfs", world: raidz1Missing() },
    code: "no-swap-plan",
    words: /tank \(raidz1\) can't spare it: 1700000000000000003 is UNAVAIL/,
  },
  {
    says: "a btrfs of one copy",
    options: { kind: "btrfs", world: keptHost("btrfs", 2, { level: "single", redundancyLeft: 0 }) },
    code: "no-swap-plan",
    words: /can't spare it/,
  },
  {
    says: "a pool that is being rebuilt",
    options: {
      kind: "zfs",
      world: keptHost("zfs", 3, { state: "rebuilding", rebuild: { completed: 0 } }),
      keeper: { speed: 0 },
    },
    code: "swap-refused-by-gates",
    words: /K1 tank \(zfs mirror\) is being rebuilt/,
  },
  {
    says: "bays that can't be opened while it runs",
    options: { kind: "zfs", surroundings: { hotSwap: false } },
    code: "swap-refused-by-gates",
    words: /G14 mode hot: its bays aren't hot-swap/,
  },
  {
    says: "something without a backup",
    options: { kind: "zfs", probes: backedUp([]), world: mounted() },
    code: "swap-refused-by-gates",
    words: /G10 filesystem \/srv: no backup/,
  },
  {
    says: "another disk under its name",
    options: { kind: "zfs", parameters: { disk: "WD0OTHER" } },
    code: "swap-member-unknown",
    words: /there is WD0KEEP00OLD1 now/,
  },
];

for (const { says, options, code, words } of refused)
  test(`refused before any act: ${says}`, async (t) => {
    const story = await openKeeperSwap(t, options);
    await story.begin();
    const end = await story.end();
    t.is(end.code, code);
    t.regex(end.message ?? "", words);
    t.deepEqual(story.keeper.did, []);
    t.deepEqual(story.asked, []);
  });

function raidz1Missing() {
  const world = keptHost("zfs", 3, { level: "raidz1", state: "degraded", redundancyLeft: 0 });
  const [pool] = world.pools;
  const members = pool!.members.map((one, at) =>
    at === 2 ? ({ ...one, state: "missing", said: "UNAVAIL" } as const) : one,
  );
  return { ...world, pools: [{ ...pool!, members }] };
}

function mounted() {
  const world = keptHost("zfs");
  const block = { name: "sda", type: "disk", parents: [], sizeBytes: 1e12, content: "ext4", mountPoints: ["/srv"] };
  return { ...world, blocks: [...world.blocks.filter(({ name }) => name !== "sda"), block] };
}

test("what can't be spared any more since it was recorded isn't taken out", async (t) => {
  const story = await openKeeperSwap(t, { kind: "zfs", world: keptHost("zfs", 3, { level: "raidz1" }) });
  story.host.onContact = ({ when, act }) => {
    if (when === "after" && act === "recordHost") story.keeper.set(raidz1Missing().pools[0]!);
  };
  await story.begin();
  const end = await story.end();
  t.is(end.code, "no-swap-plan", end.message ?? "");
  t.deepEqual(story.keeper.did, []);
});

test("a wrong answer is told whose it is; the right one goes on", async (t) => {
  const answers = ["0000", "GUD3", "OLD1"];
  const story = await openKeeperSwap(t, {
    kind: "megaraid",
    keeper: { auto: true },
    hands: {
      pull: [
        () => answers[0],
        () => answers[1],
        () => "OLD1",
        () => {
          story.keeper.pull();
          return "OLD1";
        },
      ],
    },
  });
  await story.begin();
  await ended(t, story);
  const complaints = story.asked.flatMap(({ question }) => question.complaint ?? []);
  t.deepEqual(complaints, [
    `0000 isn't how ${oldSerial} ends: nothing was done; look at the label again`,
    "GUD3 is how WD0KEEP00GUD3 ends, which must stay: if it is out, put it back into slot 252:1",
    `${oldSerial} is still, or again, in its bay`,
  ]);
});

test("a controller calls the new disk bad: another one is asked for", async (t) => {
  let put = 0;
  const story: KeeperStory = await openKeeperSwap(t, {
    kind: "megaraid",
    hands: {
      "new-disk": () => {
        put += 1;
        story.keeper.bay = put === 1 ? { serial: "WD0BAD", state: "UBad" } : { serial: newSerial, state: "UGood" };
        return undefined;
      },
    },
  });
  await story.begin();
  await ended(t, story);
  t.is(asked(story), "pull new-disk new-disk");
  t.regex(story.asked[2]?.question.complaint ?? "", /WD0BAD isn't taken: the controller calls .* bad/);
});

test("the old disk in the controller's bay again isn't the new one", async (t) => {
  const story: KeeperStory = await openKeeperSwap(t, {
    kind: "megaraid",
    hands: {
      "new-disk": [
        () => {
          story.keeper.bay = { serial: oldSerial, state: "UGood" };
          return "done";
        },
        () => void story.keeper.insert(),
      ],
    },
  });
  await story.begin();
  await ended(t, story);
  t.is(story.asked[2]?.question.complaint, `In that bay is the old disk, ${oldSerial}`);
});

test("a rebuild that doesn't move is an alarm, and goes on when it does", async (t) => {
  const story: KeeperStory = await openKeeperSwap(t, {
    kind: "hpe",
    keeper: { auto: true, speed: 0 },
    hands: {
      stall: () => {
        story.keeper.speed = 0.5;
        return undefined;
      },
    },
  });
  await story.begin();
  await ended(t, story);
  t.is(asked(story), "pull new-disk stall");
  t.true((await story.notes()).some((note) => note.startsWith("ALARM: the rebuild hasn't moved")));
});

test("a btrfs with too little room for its second copies: an alarm, and again when somebody says so", async (t) => {
  const story: KeeperStory = await openKeeperSwap(t, {
    kind: "btrfs",
    keeper: { thin: true, full: true },
    hands: {
      stall: () => {
        story.keeper.full = false;
        return "again";
      },
    },
  });
  await story.begin();
  await ended(t, story);
  t.is(asked(story), "pull new-disk stall");
  t.is(story.keeper.did.filter((line) => line.startsWith("b_finish")).length, 5);
});

test("the keeper gives the new disk up: the swap fails, and says of which pool", async (t) => {
  const story = await openKeeperSwap(t, { kind: "zfs", keeper: { speed: 0 } });
  await story.begin();
  t.true(await story.until(async () => (await story.steps())["keeper-rebuild"] === "running"));
  const members = story.keeper
    .pool()
    .members.map((one) => (one.serial === newSerial ? ({ ...one, state: "failed" } as const) : one));
  story.keeper.set({ members, state: "degraded" });
  const end = await story.end();
  t.is(end.code, "swap-rebuild-failed");
  t.regex(end.message ?? "", /tank/);
});

test("errors of a survivor while it was filled: done, but not well", async (t) => {
  const story = await openKeeperSwap(t, { kind: "zfs", keeper: { worn: true } });
  await story.begin();
  const end = await story.end();
  t.is(end.code, "swap-degraded-done");
  t.regex(end.message ?? "", /WD0KEEP00GUD3 in tank had 3 errors/);
});

const aborts = [
  [
    "zfs",
    [`z_leave tank 1700000000000000002 ${oldSerial}`, `z_back tank 1700000000000000002 ${oldSerial}`],
    /is in tank again/,
  ],
  ["btrfs", [`b_leave /srv 2 ${oldSerial}`], /nothing is put back .*: btrfs has no disks that are taken out/],
  ["megaraid", [`m_leave /c0/v0 /c0/e252/s2 ${oldSerial} Optl`], /nothing is put back .* only by filling it anew/],
  ["hpe", [`h_leave 0 1 1I:1:2 ${oldSerial} OK`], /nothing is put back .*: the controller was told nothing/],
] as const;

for (const [kind, did, words] of aborts)
  test(`called off before the pull: ${kind} takes it back, or says why not`, async (t) => {
    const story = await openKeeperSwap(t, { kind, hands: { pull: () => undefined } });
    const lines: string[] = [];
    story.controller().lifecycle.subscribe((event) => event.kind === "line" && void lines.push(event.text));
    await story.begin();
    t.true(await story.until(async () => (await story.held())?.kind === "pull"));
    await story.controller().lifecycle.cancel("web01", "ann");
    await story.until(() => false, 0.5);
    t.deepEqual(story.keeper.did, [...did]);
    t.true(
      lines.some((line) => words.test(line)),
      lines.join("\n"),
    );
    if (kind === "zfs") t.is(story.keeper.pool().state, "ok");
  });

test("called off after the pull: nothing is forced", async (t) => {
  const story = await openKeeperSwap(t, { kind: "zfs", hands: { "new-disk": () => undefined } });
  await story.begin();
  t.true(await story.until(async () => (await story.held())?.kind === "new-disk"));
  await story.controller().lifecycle.cancel("web01", "ann");
  await story.until(() => false, 0.5);
  t.is(story.keeper.did.length, 1);
});
