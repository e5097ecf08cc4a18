import test from "ava";
import type { Backup, ProbeReport } from "../../../src/raid/probes/probe.ts";
import { surprisePull, twoDisks, twoDisksUefi } from "../../raid/worlds.ts";
import { assertOnlyOldAndNew } from "./assertions.ts";
import type { FakeHost } from "./fake-host.ts";
import { backedUp, fresh, goodHands, old, openSwap, survivor } from "./swap-story.ts";

const hot = { mode: "hot" } as const;
const cold = { mode: "cold" } as const;

const backup = (over: Partial<Backup>): Backup => ({
  ...{ covers: ["/", "/srv"], kind: "files", tool: "restic", ageSeconds: 3000, maxAgeSeconds: 86_400 },
  ...{ restoreTestedAgoSeconds: 86_400, runNow: "restic backup" },
  ...over,
});

const told = (backups: readonly Backup[]): readonly ProbeReport[] => [
  { probe: "restic", label: "restic", state: "present", backups },
];

test("cold: databases are dumped before the files that carry the dumps", async (t) => {
  const dump = backup({ covers: ["mariadb"], kind: "dump", tool: "dumps", runNow: "dump-all" });
  const story = await openSwap(t, { world: twoDisks(), parameters: cold, probes: told([backup({}), dump]) });
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  const made = story.host.did.filter(({ act }) => act === "backUpNow").map(({ call }) => call.commands);
  t.deepEqual(made, [["dump-all"], ["restic backup"]]);
});

test("a backup that says it was made, and can't be seen: nothing is taken out of any array", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: cold });
  story.host.backsUpNothing = true;
  await story.begin();
  const end = await story.end();
  t.is(end.code, "swap-backup-unproven");
  t.regex(
    end.message ?? "",
    /restic of \/, \/srv of web01 was made, but the newest one that can be seen is 50 minutes/,
  );
  t.false(story.host.did.some(({ act }) => act === "failMember"));
});

const guests = [
  { kind: "guest", name: "web7", detail: "runs", drain: "stop web7", undrain: "start web7" },
  { kind: "cluster", name: "wsrep main", detail: "size 3, Synced", drain: "leave", undrain: "join" },
] as const;
const withGuests: readonly ProbeReport[] = [
  ...backedUp(["/", "/srv", "guest:web7"]),
  { probe: "libvirt", label: "libvirt guests", state: "present", carried: guests },
];
const waived = { ...cold, waivers: ["guest:web7", "cluster:wsrep main"] };
const commandsOf = (story: Awaited<ReturnType<typeof openSwap>>, act: "drain" | "undrain") =>
  story.host.did.filter((one) => one.act === act).flatMap(({ call }) => call.commands);

test("cold: the member leaves its cluster, then guests stop; they come back in the reverse order", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: waived, probes: withGuests });
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(commandsOf(story, "drain"), ["leave", "stop web7"]);
  t.deepEqual(commandsOf(story, "undrain"), ["start web7", "join"]);
  const acts = story.host.did.map(({ act }) => act);
  t.true(acts.indexOf("drain") < acts.indexOf("failMember"));
});

test("hot: guests and members stay where they are", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: hot, probes: withGuests });
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(commandsOf(story, "drain"), []);
});

test("cold, called off before the power goes: guests and members come back, the disk is in its arrays again", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisksUefi(), parameters: waived, probes: withGuests },
    { "before-off": () => undefined },
  );
  await story.begin();
  t.true(await story.until(() => story.asked.length > 0));
  await story.controller().lifecycle.cancel("web01", "ann");
  await story.until(() => false, 0.5);
  t.deepEqual(commandsOf(story, "undrain"), ["start web7", "join"]);
  t.is(story.host.did.filter(({ act }) => act === "reAddMember").length, 2);
  t.is(story.host.power, "on");
  t.false(story.host.did.some(({ act }) => act === "powerOffNow"));
});

test("cold: a label that can't be read with the power on must be read with it off", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: cold },
    {
      "before-off": () => "off",
      "while-off": [
        () => "done",
        (host, question) => {
          t.is(host.power, "off");
          return goodHands["while-off"](host, question);
        },
      ],
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.regex(story.asked.at(-1)?.question.complaint ?? "", /^done isn't how S3YANX0A0001 ends/);
});

test("cold: the wrong label is typed while it is off: it stays off", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: cold },
    {
      "while-off": [
        () => "0002",
        (host, question) => {
          t.is(host.power, "off");
          return goodHands["while-off"](host, question);
        },
      ],
    },
  );
  await story.begin();
  t.is((await story.end()).state, "done");
  t.regex(story.asked.at(-1)?.question.complaint ?? "", new RegExp(`0002 is how ${survivor} ends, which must stay`));
});

test("cold: it doesn't shut down: cutting the power is for somebody to say", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: cold }, { "not-off": [() => "yes", () => "cut"] });
  story.host.stuck = "on";
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["before-off", "not-off", "not-off", "while-off"],
  );
  t.true((await story.notes()).includes("bob has the power cut"));
});

test("cold: it doesn't come back: somebody is told, and it goes on when it does", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: cold },
    {
      "while-off": (host, question) => {
        host.stuck = "off";
        return goodHands["while-off"](host, question);
      },
      "not-back": (host) => {
        host.stuck = undefined;
        return undefined;
      },
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["before-off", "while-off", "not-back"],
  );
});

for (const [name, typed] of [
  ["its bay is empty", "empty"],
  ["a dead disk is pulled", "0001"],
] as const)
  test(`the disk is gone when it begins: ${name}`, async (t) => {
    const before = twoDisks();
    const world = surprisePull(before, old);
    const story = await openSwap(
      t,
      { world, recorded: before, parameters: hot },
      { gone: [() => "0002", () => typed] },
    );
    await story.begin();
    const end = await story.end();
    t.is(end.state, "done", end.message);
    const acts = story.host.did.map(({ act }) => act);
    t.is(acts.filter((act) => act === "removeGone").length, 3);
    for (const never of ["failMember", "removeMember", "detachDisk"] as const) t.false(acts.includes(never), never);
    assertOnlyOldAndNew(t, story);
  });

test("the new disk fails its self-test: another one is asked for, and the first is never written to", async (t) => {
  const other = { name: "sdd", serial: "NEW0X0Z8888" };
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      "new-disk": [
        (host) => {
          host.failing.add(fresh.serial ?? "");
          host.insert(fresh);
          return undefined;
        },
        (host) => {
          host.pull(fresh.serial ?? "");
          host.insert(other);
          return undefined;
        },
      ],
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.regex(story.asked.at(-1)?.question.complaint ?? "", /^NEW0X0Z9999 isn't taken: its self-test failed/);
  const written = story.host.did.filter(({ act }) => ["wipeDisk", "partitionDisk", "addMember"].includes(act));
  t.true(written.length > 0 && written.every(({ call }) => call.serial === other.serial));
});

test("a new disk that the bus didn't report is looked for when somebody asks", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      "new-disk": [
        () => "look",
        (host) => {
          t.true(host.did.some(({ act }) => act === "rescan"));
          host.insert(fresh);
          return undefined;
        },
      ],
    },
  );
  await story.begin();
  t.is((await story.end()).state, "done");
});

test("survivors that can't start the machine are made to, before anything leaves them", async (t) => {
  const world = twoDisks();
  const boot = world.boot.map((state) => (state.serial === survivor ? { ...state, bootCode: false } : state));
  const story = await openSwap(t, { world: { ...world, boot }, parameters: hot });
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  const acts = story.host.did.filter(({ act }) => act === "installBoot" || act === "failMember");
  t.deepEqual(
    acts.map(({ act, call }) => [act, call.serial]).filter(([, serial], at) => at < 2 || serial === fresh.serial),
    [
      ["installBoot", survivor],
      ["failMember", old],
      ["installBoot", fresh.serial],
    ],
  );
});

test("what the kernel says of the disk that was pulled is no error of those that stayed", async (t) => {
  const sameName = { "new-disk": (host: FakeHost) => void host.insert({ ...fresh, name: "sda" }) };
  const story = await openSwap(t, { world: twoDisks(), parameters: hot }, sameName);
  const complain = (device: string) => {
    const line = { device, text: `I/O error, dev ${device}, sector 8` };
    story.host.world = { ...story.host.world, kernelErrors: [...story.host.world.kernelErrors, line] };
  };
  story.host.onContact = ({ act, when }) => {
    if (act === "detachDisk" && when === "after") complain("sda");
  };
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);

  const other = await openSwap(t, { world: twoDisks(), parameters: hot });
  other.host.onContact = ({ act, when }) => {
    const line = { device: "sdb", text: "I/O error, dev sdb, sector 8" };
    if (act === "addMember" && when === "after") other.host.world = { ...other.host.world, kernelErrors: [line] };
  };
  await other.begin();
  t.is((await other.end()).code, "swap-degraded-done");
});

test("the rebuild is watched to its end: per cent that go up, and a line that tells how long it will take", async (t) => {
  const story = await openSwap(t, { world: twoDisks(), parameters: hot });
  story.host.onContact = ({ act, when }) => {
    if (act === "addMember" && when === "after") story.host.speed = 0.04;
  };
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  const { events } = story.controller();
  const shares = events.flatMap((event) => (event.kind === "progress" ? [event.done] : []));
  t.true(shares.length > 20, `${shares.length} times`);
  t.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  );
  t.is(shares.at(-1), 100);
  const lines = events.flatMap((event) => (event.kind === "line" && event.step === "rebuild" ? [event.text] : []));
  t.true(
    lines.some((line) => /md1: recover \d+ %, 100 MiB\/s, about \d+ min left$/.test(line)),
    lines.join("\n"),
  );
});
