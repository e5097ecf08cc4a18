/** Entry of the packages gateway's process. Its one argument is the rack's run directory. */
import { runService } from "./entry.ts";
import { startGateway } from "./gateway.ts";

await runService(async (plan, log) => {
  const server = await startGateway(plan, log);
  return {
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
});
