import type { Pool, PoolMember } from "../../disks.ts";
import { type Act, act, call } from "../acts/act.ts";
import { fail } from "../errors.ts";
import { demandLeave, isOut, type Keeper } from "./keeper.ts";
import { megaraidShell } from "./megaraid-shell.ts";

const drive = /^\/c\d+(?:\/e\d+)?\/s\d+$/;

/**
 * StorCLI reference: offline, missing, spun down; the new one in the same bay rebuilds by itself if it is unconfigured, good
 * and not foreign, else it is made so, put into the empty row, and started. A drive that was never seen here: every command is
 * followed by another look at what it did.
 */
export const megaraidKeeper: Keeper = {
  kind: "megaraid",
  steps(pool, member) {
    demandLeave(pool, member);
    const path = pathOf(pool, member);
    const light = (on: boolean) => asked(`switching the drive's light`, call("m_light", path, on ? "start" : "stop"));
    return {
      leave: isOut(member)
        ? []
        : [asked("taking the drive out", call("m_leave", pool.name, path, member.serial ?? "", pool.said))],
      locateOn: light(true),
      locateOff: light(false),
      finish: [],
      takeBack: {
        none: "a drive that was marked missing is taken in again only by filling it anew: set good, insert, start rebuild",
      },
      bay: { name: path, look: lookInto },
      join: (fresh, mayErase = false) => {
        if (!drive.test(fresh))
          throw fail("no-swap-plan", { disk: fresh, why: "a drive of the controller is called /c0/e252/s1" });
        const words = call("m_join", pool.name, fresh, member.serial ?? "", mayErase ? "yes" : "no");
        return [asked("giving the controller its new drive", words)];
      },
    };
  },
};

function lookInto(bay: string): Act {
  if (!drive.test(bay)) throw fail("no-swap-plan", { disk: bay, why: "a bay of the controller is called /c0/e252/s1" });
  const told = 'then say drive "\\"$m_state\\"" "$m_serial"; else say empty; fi';
  return asked("looking into the bay", `m_tool\nif ${call("m_drive", bay)}; ${told}`);
}

/** A place whose drive is missing has no path; its light, if any, is found by the bay. */
function pathOf(pool: Pool, member: PoolMember): string {
  if (drive.test(member.name)) return member.name;
  const [, enclosure, slot] = /^(\d*):(\d+)$/.exec(member.slot ?? "") ?? [];
  const controller = /^\/c\d+/.exec(pool.name)?.[0] ?? "/c0";
  if (slot === undefined) return "";
  return enclosure ? `${controller}/e${enclosure}/s${slot}` : `${controller}/s${slot}`;
}

const asked = (name: string, body: string): Act => act({ name, limitMs: 300_000, shell: [megaraidShell], body });
