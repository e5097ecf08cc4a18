import test, { type ExecutionContext } from "ava";
import type { OperationEvent } from "../../../src/lifecycle/events.ts";
import { raid6, twoDisks, twoDisksUefi } from "../../raid/worlds.ts";
import { assertOnce, assertOnlyOldAndNew } from "./assertions.ts";
import { killAtContact } from "./killing.ts";
import { backedUp, openSwap, type SwapOptions, type SwapStory } from "./swap-story.ts";

/**
 * The controller is killed, and another one takes over with nothing but the records: the swap ends well whenever that was,
 * and nothing that can't be taken back is done twice. At each look and act that the host sees (every one of them:
 * PROVISION_CRASH=all), at each step's end and at each question.
 */
const all = process.env.PROVISION_CRASH === "all";
const every = all ? 1 : 4;

const kinds: readonly { readonly story: string; readonly options: SwapOptions }[] = [
  { story: "hot", options: { world: twoDisksUefi(), parameters: { mode: "hot" } } },
  {
    story: "cold",
    options: { world: twoDisks(), parameters: { mode: "cold", waivers: ["guest:web7"] }, probes: guarded() },
  },
  { story: "add first", options: { world: raid6(), parameters: { mode: "add-first" } } },
];

function guarded() {
  const carried = [
    { kind: "guest", name: "web7", detail: "runs", drain: "virsh shutdown web7", undrain: "virsh start web7" },
  ] as const;
  return [
    ...backedUp(["/", "/srv", "guest:web7"]),
    { probe: "libvirt", label: "libvirt guests", state: "present", carried } as const,
  ];
}

async function endsWell(t: ExecutionContext, story: SwapStory, where: string): Promise<void> {
  const end = await story.end();
  t.is(end.state, "done", `${where}: ${end.code} ${end.message}`);
  assertOnce(t, story);
  assertOnlyOldAndNew(t, story);
  t.true(
    story.host.world.arrays.every(({ degraded }) => degraded === 0),
    where,
  );
  t.deepEqual([...story.host.detached.keys()], [], where);
  t.deepEqual([...story.host.away], [], `${where}: not everything was brought back`);
}

/** How many times the host is asked for something in a whole story. */
async function contactsOf(t: ExecutionContext, options: SwapOptions): Promise<number> {
  const story = await openSwap(t, options);
  let count = 0;
  story.host.onContact = ({ when }) => {
    if (when === "before") count++;
  };
  await story.begin();
  await endsWell(t, story, "unharmed");
  return count;
}

for (const { story, options } of kinds)
  for (const when of ["before", "after"] as const)
    test(`${story}: killed ${when} what the host is asked for`, async (t) => {
      t.timeout(600_000);
      const contacts = await contactsOf(t, options);
      t.true(contacts > 30, `only ${contacts} contacts`);
      for (let nth = when === "before" ? 1 : 2; nth <= contacts; nth += every)
        await endsWell(t, ...(await killAtContact(t, await openSwap(t, options), { nth, when })));
    });

type StepEvent = Extract<OperationEvent, { kind: "step" }>;

/** Kills at the first event of this kind, and gives whether there was one. */
async function killAtEvent(t: ExecutionContext, options: SwapOptions, fits: (event: StepEvent) => boolean) {
  const story = await openSwap(t, options);
  let killed = false;
  story.controller().lifecycle.subscribe((event) => {
    if (killed || event.kind !== "step" || !fits(event)) return;
    killed = true;
    story.line().cut();
  });
  await story.begin();
  await story.end();
  if (!killed) return false;
  await story.restart();
  await endsWell(t, story, "killed at an event");
  return true;
}

for (const { story, options } of kinds)
  test(`${story}: killed at each step's end, and at each question`, async (t) => {
    t.timeout(600_000);
    const seen: StepEvent[] = [];
    const whole = await openSwap(t, options);
    whole.controller().lifecycle.subscribe((event) => event.kind === "step" && void seen.push(event));
    await whole.begin();
    await endsWell(t, whole, "unharmed");
    const wanted = seen.filter(({ state }) => state === "done" || state === "held").slice(0, -1);
    t.true(wanted.length >= 10, `only ${wanted.length} places`);
    for (const { step, state } of wanted)
      t.true(
        await killAtEvent(t, options, (event) => event.step === step && event.state === state),
        `${step} ${state}`,
      );
  });
