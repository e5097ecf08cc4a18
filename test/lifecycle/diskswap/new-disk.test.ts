import test from "ava";
import { mayErase } from "../../../src/lifecycle/operations/diskswap/wipe.ts";
import { insertDisk, twoDisks, withSmart } from "../../raid/worlds.ts";
import { fresh, old, openSwap, survivor } from "./swap-story.ts";

const hot = { mode: "hot" } as const;

test("the same disk again: taken only if it is well and somebody types it", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      "new-disk": (host) => void host.putBack(old),
      "same-disk": [() => "ok", () => "same disk"],
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["pull", "new-disk", "same-disk", "same-disk"],
  );
  const acts = story.host.did.map(({ act }) => act);
  t.is(acts.filter((act) => act === "reAddMember").length, 3);
  for (const never of ["wipeDisk", "partitionDisk", "addMember"] as const) t.false(acts.includes(never), never);
});

test("the same disk again, and it is dying: another one is asked for", async (t) => {
  const story = await openSwap(
    t,
    { world: withSmart(twoDisks(), old, { pending: 8 }), parameters: hot },
    {
      "new-disk": [(host) => void host.putBack(old)],
      "same-disk": [
        () => "same disk",
        (host) => {
          host.pull(old);
          host.insert(fresh);
          return undefined;
        },
      ],
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.is(
    story.asked.at(-1)?.question.complaint,
    `${old} is ill and isn't taken again: 8 sectors that couldn't be read (197)`,
  );
  t.false(story.host.did.some(({ act }) => act === "reAddMember"));
});

for (const [typed, may] of [
  ["9999", "wipe"],
  ["new0x0z9999", "wipe"],
  ["999", "999 isn't how the new disk's serial number ends"],
  ["0001", "0001 isn't how the new disk's serial number ends"],
] as const)
  test(`may it be erased? "${typed}"`, (t) => {
    const answer = mayErase(typed, "NEW0X0Z9999", ["S3YANX0A0001"]);
    t.is(typeof answer === "string" ? answer : answer.complaint, may);
  });

test("may it be erased? Not by an end that is another disk's, too", (t) => {
  const answer = mayErase("0001", "NEW0X0Z0001", ["S3YANX0A0001"]);
  t.regex(typeof answer === "string" ? answer : answer.complaint, /S3YANX0A0001 both end with 0001: .* whole serial/);
  t.is(mayErase("NEW0X0Z0001", "NEW0X0Z0001", ["S3YANX0A0001"]), "wipe");
});

test("a used disk: what is on it is shown, and goes only when the NEW disk's serial number is typed", async (t) => {
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      "new-disk": (host) => void host.insert(fresh, true),
      wipe: [() => "yes", () => "0001", () => "9999"],
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(
    story.asked.map(({ kind }) => kind),
    ["pull", "new-disk", "wipe", "wipe", "wipe"],
  );
  const wiped = story.host.did.filter(({ act }) => act === "wipeDisk");
  t.deepEqual(
    wiped.map(({ call, lines }) => [call.serial, call.allowSignatures, lines.at(-1)]),
    [[fresh.serial, true, "wiped"]],
  );
  t.deepEqual(wiped[0]?.call.knownSerials, [old, survivor]);
  t.true((await story.notes()).some((note) => note.startsWith(`${fresh.serial} may be wiped`)));
});

test("a used disk that is taken out instead: the next one is tested, too", async (t) => {
  const other = { name: "sdd", serial: "NEW0X0Z8888" };
  const story = await openSwap(
    t,
    { world: twoDisks(), parameters: hot },
    {
      "new-disk": [(host) => void host.insert(fresh, true), (host) => void host.insert(other)],
      wipe: (host) => void host.pull(fresh.serial ?? ""),
    },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.deepEqual(
    story.host.did.filter(({ act }) => act === "vetDisk").map(({ call }) => call.serial),
    [fresh.serial, other.serial],
  );
  t.false(story.host.did.some(({ act, call }) => act === "wipeDisk" && call.serial === fresh.serial));
});

test("a disk that was in before the swap began isn't taken by itself: somebody types how it ends", async (t) => {
  const spare = { name: "sdc", serial: "SPARE0000777" };
  const story = await openSwap(
    t,
    { world: insertDisk(twoDisks(), spare), parameters: hot },
    { "new-disk": [() => "0002", () => "0777"] },
  );
  await story.begin();
  const end = await story.end();
  t.is(end.state, "done", end.message);
  t.is(story.asked[2]?.question.complaint, `${survivor} holds a good copy: it must stay as it is`);
});
