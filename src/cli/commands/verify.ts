import { catalogueRequest, verifyNode } from "../../app/converge.ts";
import { onNode } from "../../app/hosts.ts";
import { takeSeat } from "../../app/seat.ts";
import type { CliCommand } from "../command.ts";
import { renderProof } from "./node.ts";

export const verify: CliCommand = {
  name: "verify",
  summary: "Ask a node whether it does what its roles promise; changes nothing",
  arguments: "<node>",
  example: "verify web01",
  network: true,
  run: async ({ arguments: [name = ""] }, context) => {
    const { clock } = context;
    const signal = context.terminal.interrupted;
    const proofs = await onNode(context, name, async (shell, house) => {
      const { request } = await takeSeat(house, catalogueRequest(house.site, name));
      return verifyNode({ request, shell, clock, signal });
    });
    return {
      json: { node: name, proofs },
      text: (style) => [...proofs.map((proof) => renderProof(proof, style)), `${name} does what it should`].join("\n"),
    };
  },
};
