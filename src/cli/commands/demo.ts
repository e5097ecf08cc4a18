import { join } from "node:path";
import { buildProfileImage } from "../../app/image-build.ts";
import { type Lab, openLab } from "../../app/lab.ts";
import { ensureRequirements } from "../../app/requirements.ts";
import { readSite } from "../../app/site.ts";
import { programRoot } from "../../app/templates.ts";
import { runForeground } from "../../transport/foreground.ts";
import { createLocalShell } from "../../transport/local.ts";
import type { CliCommand, Context } from "../command.ts";
import { fail } from "../errors.ts";
import { formatDuration } from "../style.ts";

const consoleLines = 20;

export const demo: CliCommand = {
  name: "demo",
  summary: "The main job: a virtual rack, a powered-off machine, PXE, RAID-1, SSH, a verified role",
  arguments: "[node]",
  options: [{ flags: "--down", help: "remove the rack at the end" }],
  example: "demo",
  run: async ({ arguments: [name = "web01"], options }, context) => {
    const { clock, terminal, say } = context;
    if (!terminal.isRoot) throw fail("demo-needs-root", { command: "bin/provision demo" });
    const started = clock.monotonicMs();
    await prepare(name, context);
    const lab = await freshLab(context);
    const exitCode = await act(name, lab, context);
    if (options.down) await lab.down();
    const time = formatDuration(clock.monotonicMs() - started);
    say("");
    return {
      exitCode,
      json: { node: name, exitCode },
      text: () => (exitCode === 0 ? farewell(name, time, options.down === true) : ""),
    };
  },
};

/** What must be there before a machine can be switched on: packages, and the image of the node's profile. */
async function prepare(name: string, context: Context): Promise<void> {
  const { clock, isRoot, say } = context;
  await ensureRequirements(["rack", "image"], { shell: createLocalShell({ clock }), isRoot, say });
  const profile = readSite(context.inventoryFolder).inventory.nodes.get(name)?.profile;
  if (profile !== undefined) await buildProfileImage(context, { profile, fresh: false });
}

/** Blank disks, all machines off: what an earlier demo left is removed. */
async function freshLab(context: Context): Promise<Lab> {
  const lab = await openLab(context);
  if ((await lab.status()).state !== "down") {
    context.say(`Removing the rack ${lab.plan.name} of an earlier run`);
  }
  await lab.down();
  await lab.up();
  const names = lab.plan.machines.map(
    (machine) => `${machine.name} (${machine.firmware === "uefi" ? "UEFI" : "BIOS"})`,
  );
  context.say(
    `Rack ${lab.plan.name} is up in network namespace ${lab.plan.namespace}: ${names.join(", ")}; all powered off`,
  );
  return lab;
}

/** The same command that ops run, twice: the second one has nothing left to do. */
async function act(name: string, lab: Lab, { terminal, say, inventoryFolder }: Context): Promise<number> {
  const flags = terminal.json ? ["--json"] : [];
  const argv = [join(programRoot, "bin/provision"), "--inventory", inventoryFolder, ...flags, "node", name];
  for (const note of ["", " again: nothing is left to do"]) {
    say(`\n$ provision node ${name}${note && `   #${note}`}`);
    const exitCode = await runForeground(argv);
    if (exitCode === 0) continue;
    say(`\nThe last lines on the console of ${name}:\n${lab.tail(name, consoleLines).join("\n")}`);
    return exitCode;
  }
  return 0;
}

const farewell = (name: string, time: string, isDown: boolean) =>
  [
    `Done after ${time}.`,
    ...(isDown
      ? []
      : [
          "The rack is still up. Look around:",
          `  provision status ${name}       provision history ${name}     provision lab console ${name}`,
          "  provision node web02         the same for a UEFI machine",
          "  provision lab down           removes everything",
        ]),
  ].join("\n");
