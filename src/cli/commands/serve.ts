import { serveSite } from "../../app/serve.ts";
import type { CliCommand } from "../command.ts";

export const serve: CliCommand = {
  name: "serve",
  summary: "Run the boot servers and the API as a daemon, until stopped",
  example: "serve",
  network: true,
  needsRoot: "it serves DHCP and TFTP, ports 67 and 69",
  run: async (_, context) => {
    await serveSite(context, context.faces.createApi, context.terminal.interrupted);
    return { json: { stopped: true }, text: () => "stopped" };
  },
};
