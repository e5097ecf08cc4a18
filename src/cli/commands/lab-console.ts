import { openLab } from "../../app/lab.ts";
import type { CliCommand } from "../command.ts";

/** Ctrl-], as telnet(1) has it. */
const detachKey = 0x1d;

export const labConsole: CliCommand = {
  name: "lab console",
  summary: "Attach to a virtual machine's serial console; Ctrl-] detaches",
  arguments: "<machine>",
  options: [{ flags: "--lines <count>", help: "only print the last lines that it wrote, and end" }],
  example: "lab console web01",
  run: async ({ arguments: [machine = ""], options }, context) => {
    const lab = await openLab(context);
    if (options.lines !== undefined || !process.stdin.isTTY) {
      const lines = lab.tail(machine, Number(options.lines ?? 200));
      return { json: lines, text: () => lines.join("\n") };
    }
    const { history, stream } = lab.console(machine);
    context.say([...history, `-- console of ${machine}; Ctrl-] detaches`].join("\n"));
    await attach(stream, context.terminal.interrupted);
    return { json: null, text: () => `\n-- detached from ${machine}` };
  },
};

/** Every key goes to the machine, Ctrl-C too; only the detach key is ours. */
async function attach(stream: NodeJS.ReadWriteStream & { destroy(): void }, interrupted: AbortSignal): Promise<void> {
  const { stdin, stdout } = process;
  const detached = Promise.withResolvers<void>();
  const onKeys = (keys: Buffer) => (keys.includes(detachKey) ? detached.resolve() : void stream.write(keys));
  interrupted.addEventListener("abort", () => detached.resolve(), { once: true });
  stdin.setRawMode(true).on("data", onKeys).resume();
  stream.on("data", (chunk) => stdout.write(chunk));
  try {
    await detached.promise;
  } finally {
    stdin.setRawMode(false).off("data", onKeys).pause();
    stream.destroy();
  }
}
