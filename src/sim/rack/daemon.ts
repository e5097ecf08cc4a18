/** Entry of the rack's own process, inside the namespace. Its one argument is the rack's run directory. */
import { systemClock } from "../../clock.ts";
import { runService } from "./entry.ts";
import { startRack } from "./rack.ts";

await runService((plan, log) => startRack(plan, { clock: systemClock, log }));
