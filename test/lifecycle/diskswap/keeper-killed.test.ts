import test, { type ExecutionContext } from "ava";
import type { Pool } from "../../../src/disks.ts";
import { newSerial, oldSerial } from "./fake-keeper.ts";
import { type KeeperOptions, type KeeperStory, openKeeperSwap } from "./keeper-story.ts";
import { killAtContact } from "./killing.ts";

/** Killed at each look and act that the host sees (all of them: PROVISION_CRASH=all); another controller takes over. */
const every = process.env.PROVISION_CRASH === "all" ? 1 : 5;

const kinds: readonly { readonly kind: Pool["kind"]; readonly options: Omit<KeeperOptions, "kind"> }[] = [
  { kind: "zfs", options: {} },
  { kind: "btrfs", options: { keeper: { thin: true } } },
  { kind: "megaraid", options: { keeper: { foreign: true } } },
  { kind: "hpe", options: { keeper: { auto: true } } },
];

/** What changed something, as the model counts it; an act that finds itself done changes nothing. */
const changes = (story: KeeperStory) =>
  story.host.did
    .filter(({ lines }) => lines.some((line) => /^(?:offlined|replacing|balancing -|wiped)/.test(line)))
    .map(({ act }) => act);

async function endsWell(t: ExecutionContext, story: KeeperStory, where: string): Promise<void> {
  const end = await story.end();
  t.is(end.state, "done", `${where}: ${end.code} ${end.message}`);
  const { state, members } = story.keeper.pool();
  t.is(state, "ok", where);
  const serials = members.map(({ serial }) => serial);
  t.true(serials.includes(newSerial) && !serials.includes(oldSerial), where);
  t.is(new Set(changes(story)).size, changes(story).length, `${where}: ${changes(story)}`);
}

/** By number; what was refused has no end. */
async function contactsOf(t: ExecutionContext, options: KeeperOptions, wanted: "before" | "after") {
  const story = await openKeeperSwap(t, options);
  const seen: number[] = [];
  let count = 0;
  story.host.onContact = ({ when }) => {
    if (when === "before") count++;
    if (when === wanted) seen.push(count);
  };
  await story.begin();
  await endsWell(t, story, "unharmed");
  return seen;
}

for (const { kind, options } of kinds)
  for (const when of ["before", "after"] as const)
    test(`${kind}: killed ${when} what the host is asked for`, async (t) => {
      t.timeout(600_000);
      const contacts = await contactsOf(t, { kind, ...options }, when);
      t.true(contacts.length > 15, `only ${contacts.length} contacts`);
      const chosen = contacts.filter((_, at) => at % every === (when === "before" ? 0 : Math.min(1, every - 1)));
      for (const nth of chosen)
        await endsWell(t, ...(await killAtContact(t, await openKeeperSwap(t, { kind, ...options }), { nth, when })));
    });

for (const { kind, options } of kinds)
  test(`${kind}: killed at each step's end, and at each question`, async (t) => {
    t.timeout(600_000);
    const places: { step: string; state: string }[] = [];
    const whole = await openKeeperSwap(t, { kind, ...options });
    whole.controller().lifecycle.subscribe((event) => {
      if (event.kind === "step" && ["done", "held"].includes(event.state)) places.push(event);
    });
    await whole.begin();
    await endsWell(t, whole, "unharmed");
    t.true(places.length >= 7, `only ${places.length} places`);
    for (const { step, state } of places.slice(0, -1)) {
      const story = await openKeeperSwap(t, { kind, ...options });
      let killed = false;
      story.controller().lifecycle.subscribe((event) => {
        if (killed || event.kind !== "step" || event.step !== step || event.state !== state) return;
        killed = true;
        story.line().cut();
      });
      await story.begin();
      await story.end();
      t.true(killed, `${step} ${state}`);
      await story.restart();
      await endsWell(t, story, `${step} ${state}`);
    }
  });
