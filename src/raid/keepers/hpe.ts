import { type Act, act, call } from "../acts/act.ts";
import { fail } from "../errors.ts";
import { hpeShell } from "./hpe-shell.ts";
import { demandLeave, isOut, type Keeper } from "./keeper.ts";

const drive = /^slot=(\w+) pd ([\w:]+)$/;

/**
 * HPE Smart Array: a disk is pulled while it runs, and the controller rebuilds the new one in its bay by itself. It fails no
 * disk that is only predicted to: leaving looks whether it may, hands do the rest.
 */
export const hpeKeeper: Keeper = {
  kind: "hpe",
  steps(pool, member) {
    demandLeave(pool, member);
    const [slot, place] = placeOf(member.name);
    const volume = / ld (\d+)$/.exec(pool.name)?.[1] ?? "";
    const light = (on: boolean) =>
      asked("switching the drive's light", call("h_light", slot, place, on ? "on" : "off"));
    const looks = call("h_leave", slot, volume, place, member.serial ?? "", pool.said);
    return {
      leave: isOut(member) ? [] : [asked("looking whether the array can spare the drive", looks)],
      locateOn: light(true),
      locateOff: light(false),
      finish: [],
      takeBack: { none: "the controller was told nothing: a disk that wasn't pulled goes on as it was" },
      bay: { name: member.name, look: lookInto },
      join: (fresh) => {
        const [, bay] = placeOf(fresh);
        return [
          asked("looking whether the new drive is rebuilt", call("h_join", slot, volume, bay, member.serial ?? "")),
        ];
      },
    };
  },
};

function lookInto(bay: string): Act {
  const told = 'then say drive "\\"$h_state\\"" "$h_serial"; else say empty; fi';
  return asked("looking into the bay", `h_tool\nif ${call("h_drive", ...placeOf(bay))}; ${told}`);
}

function placeOf(name: string): readonly [slot: string, place: string] {
  const [, slot, place] = drive.exec(name) ?? [];
  if (slot !== undefined && place !== undefined) return [slot, place];
  throw fail("no-swap-plan", { disk: name, why: "a drive of the controller is called slot=0 pd 1I:1:2" });
}

const asked = (name: string, body: string): Act => act({ name, limitMs: 180_000, shell: [hpeShell], body });
