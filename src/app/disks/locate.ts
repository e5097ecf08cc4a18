import { findNode } from "../../inventory/explain.ts";
import { readWorld } from "../../lifecycle/operations/diskswap/world.ts";
import { type Act, readAct } from "../../raid/acts/act.ts";
import { blink } from "../../raid/acts/blink.ts";
import { locate } from "../../raid/acts/locate.ts";
import type { Shell } from "../../transport/shell.ts";
import type { House } from "../local.ts";
import type { Located, LocateRequest } from "./desk.ts";
import { serialOf } from "./meant.ts";
import { onNode } from "./reading.ts";
import { baysOf } from "./settings.ts";

const blinkSeconds = 30;

/** Lights the bay's lamp; where nothing can, the disk's own activity light is made to flicker for half a minute. */
export function locateDisk(house: House, { node: name, disk, on }: LocateRequest): Promise<Located> {
  const { node } = findNode(house.site.inventory, name);
  const signal = new AbortController().signal;
  return onNode(house, name, async (shell) => {
    const world = await readWorld(shell, { depth: "all", signal, bays: baysOf(node) });
    const serial = serialOf(world, { node: name, word: disk });
    const bay = world.bays.find((one) => one.serial === serial);
    const { slot, enclosure } = bay ?? {};
    const words = await perform(
      shell,
      locate({ serial, on, ...(slot ? { slot } : {}), ...(enclosure ? { enclosure } : {}) }),
    );
    const lit = words.map((line) => /^led (\w+)$/.exec(line)?.[1]).find(Boolean) as Located["led"] | undefined;
    if (on && (lit ?? "none") === "none") await perform(shell, blink({ serial, seconds: blinkSeconds }));
    const led = lit && lit !== "none" ? lit : on ? "blink" : "none";
    return { node: name, serial, ...(slot ? { slot } : {}), led };
  });
}

const perform = async (shell: Shell, act: Act) =>
  readAct(act, await shell.run({ script: act.script }, { timeoutMs: act.limitMs }));
