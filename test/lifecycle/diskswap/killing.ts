import type { ExecutionContext } from "ava";
import type { FakeHost } from "./fake-host.ts";

/** What a story has that a controller can be killed in. */
interface Killable {
  readonly host: FakeHost;
  begin(): Promise<unknown>;
  until(so: () => boolean): Promise<boolean>;
  restart(): Promise<unknown>;
}

export interface Contact {
  /** By number, of all that the host is asked for. */
  readonly nth: number;
  readonly when: "before" | "after";
}

/** Kills the controller there and lets another one take over; gives the story on, and where that was. */
export async function killAtContact<Story extends Killable>(
  t: ExecutionContext,
  story: Story,
  { nth, when: at }: Contact,
): Promise<readonly [Story, string]> {
  const where = `killed ${at} contact ${nth}`;
  let [count, killed] = [0, false];
  story.host.onContact = ({ line, when, act }) => {
    if (when === "before") count++;
    if (killed || count !== nth || when !== at) return;
    killed = true;
    t.log(where, act ?? "look");
    line.cut();
  };
  await story.begin();
  t.true(await story.until(() => killed), where);
  await story.restart();
  return [story, where];
}
