import { type Act, act, call } from "./act.ts";
import { locateShell } from "./locate-shell.ts";

export interface Locating {
  readonly serial: string;
  readonly on: boolean;
  /** Its bay, for a disk that isn't there any more. */
  readonly slot?: string;
  readonly enclosure?: string;
}

/** Switches a bay's light. Prints `led enclosure|pcie|ledctl|ses`, who did it, or `led none`: nobody can. */
export function locate({ serial, on, slot = "", enclosure = "" }: Locating): Act {
  return act({
    name: "switching the bay's light",
    limitMs: 60_000,
    shell: [locateShell],
    body: call("locate_set", serial, on ? "on" : "off", slot, enclosure),
  });
}
