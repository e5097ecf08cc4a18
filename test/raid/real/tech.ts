import type { HoldQuestion } from "../../../src/lifecycle/step.ts";
import type { MachineHost } from "../../../src/sim/hosts/machine.ts";
import type { MachineDisk } from "../../../src/sim/hosts/machine-disks.ts";

/** What somebody at the rack is asked for, by the question's words. */
const asked = [
  ["find", /^Find the disk .* Don't pull it yet/],
  ["pull", /^Pull the disk/],
  ["gone", /doesn't see .* any more/],
  ["before-off", /^Find the disk .* will be shut down/],
  ["while-off", /^The machine is off/],
  ["put-back", /^STOP/],
  ["same-disk", /is in again/],
  ["wipe", /^The new disk isn't blank/],
  ["new-disk", /^Put the new disk in/],
] as const satisfies readonly (readonly [string, RegExp])[];

export type Asked = (typeof asked)[number][0];

/** What is done, and what is typed; `undefined`: nothing is typed, it must be seen. */
export type Deed = (question: HoldQuestion) => Promise<string | undefined>;
export type Hands = Readonly<Record<Asked, Deed>>;

export function whatIsAsked({ text }: HoldQuestion): Asked {
  const found = asked.find(([, words]) => words.test(text));
  if (!found) throw new Error(`nobody here knows what this asks for: ${text}`);
  return found[0];
}

export const endOf = (serial: string) => serial.slice(-4);

/** Somebody who does what is asked. */
export function goodHands(host: MachineHost, { old, fresh }: { old: string; fresh: MachineDisk }): Hands {
  const isIn = (serial: string) => host.plugged().includes(serial);
  const pull = async () => {
    if (isIn(old)) await host.pull(old, { keep: true });
    return endOf(old);
  };
  const plug = async () => {
    if (!isIn(fresh.serial)) await host.plug(fresh);
    return undefined;
  };
  return {
    find: async () => "found",
    pull,
    gone: pull,
    "before-off": async () => "off",
    "while-off": async () => {
      const typed = await pull();
      await plug();
      return typed;
    },
    "put-back": async ({ facts }) => {
      for (const { value } of facts) if (!isIn(value)) await host.plugBack(value);
      return undefined;
    },
    "new-disk": plug,
    "same-disk": plug,
    wipe: async () => endOf(fresh.serial),
  };
}
