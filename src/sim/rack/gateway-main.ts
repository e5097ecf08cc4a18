/** Entry of the packages gateway's process. Its one argument is the rack's run directory. */
import { systemClock } from "../../clock.ts";
import { runService } from "./entry.ts";
import { startGateway } from "./gateway.ts";

await runService((plan, log) => startGateway(plan, { clock: systemClock, log }));
