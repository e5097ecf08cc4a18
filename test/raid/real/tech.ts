import type { HoldQuestion } from "../../../src/lifecycle/step.ts";
import type { MachineHost } from "../../../src/sim/hosts/machine.ts";
import type { MachineDisk } from "../../../src/sim/hosts/machine-disks.ts";

/** What somebody at the rack is asked for. */
const kinds = [
  ...(["find", "pull", "gone", "before-off", "while-off", "put-back", "new-disk", "same-disk", "wipe"] as const),
  ...(["not-off", "not-back", "stall"] as const),
] as const;

export type Asked = (typeof kinds)[number];

/** What is done, and what is typed; `undefined`: nothing is typed, it must be seen. */
export type Deed = (question: HoldQuestion) => Promise<string | undefined>;
export type Hands = Readonly<Record<Asked, Deed>>;

export function whatIsAsked({ kind, text }: HoldQuestion): Asked {
  const found = kinds.find((one) => one === kind);
  if (!found) throw new Error(`nobody here knows what this asks for: ${kind}: ${text}`);
  return found;
}

export const endOf = (serial: string) => serial.slice(-4);

const isNotAsked = async ({ text }: HoldQuestion) => {
  throw new Error(`this shouldn't have been asked: ${text}`);
};

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
    ...{ "not-off": isNotAsked, "not-back": isNotAsked, stall: isNotAsked },
  };
}
