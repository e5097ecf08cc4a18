import { renderFor, renderKinds } from "../../app/render.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";

export const render: CliCommand = {
  name: "render",
  summary: `Print what a machine would be handed: ${renderKinds.join(", ")}; secrets are masked`,
  arguments: "<node>",
  options: [
    { flags: "--as <kind>", help: renderKinds.join("|"), default: "ipxe" },
    { flags: "--reveal", help: "print secrets as they are" },
  ],
  example: "render web01 --as ipxe",
  run: async ({ arguments: [node = ""], options }, context) => {
    const kind = renderKinds.find((one) => one === options.as);
    if (!kind) throw fail("render-kind-unknown", { wanted: String(options.as), known: renderKinds });
    const text = await renderFor(context, { node, kind, reveal: options.reveal === true });
    return { json: { node, kind, text }, text: () => text };
  },
};
