import { rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type ErrorRecord, ProvisionError, toRecord } from "../../errors.ts";
import { fail } from "./errors.ts";
import { baysSocket } from "./files.ts";
import type { VirtualMachine } from "./machine.ts";
import type { RackPlan } from "./plan.ts";
import { machineOf } from "./status.ts";

/** What somebody's hands do at a machine's bays. */
export type BayOrder =
  | { readonly machine: string; readonly pull: string }
  | { readonly machine: string; readonly insert: { readonly serial: string; readonly sizeMiB: number } };

/** Carries out orders, one a connection. */
export async function startBays(
  plan: RackPlan,
  machine: (name: string) => VirtualMachine | undefined,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    createInterface({ input: socket }).once("line", (line) => {
      const order = JSON.parse(line) as BayOrder;
      const vm = machine(order.machine);
      const done = "pull" in order ? vm?.pull(order.pull) : vm?.insert(order.insert.serial, order.insert.sizeMiB);
      const answered = Promise.resolve(done).then(
        () => ({}),
        (thrown) => ({ error: toRecord(thrown) }),
      );
      void answered.then((answer) => socket.end(JSON.stringify(answer)));
    });
  });
  await listenAt(server, baysSocket(plan.runDir));
  return server;
}

/** A socket that an earlier daemon left is in the way. */
export async function listenAt(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  const bound = new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  server.listen(path);
  await bound;
}

/**
 * Pulls a disk out of a machine of the rack, or puts one in: the one that was pulled, or a blank one.
 * @throws `rack-no-such-machine`, `rack-no-such-disk`, `rack-bays-full`, `rack-disk-twice`, `rack-not-up`
 */
export async function orderBay(plan: RackPlan, order: BayOrder): Promise<void> {
  machineOf(plan, order.machine);
  const socket = createConnection({ path: baysSocket(plan.runDir) });
  socket.write(`${JSON.stringify(order)}\n`);
  const answer = await text(socket).catch((cause) => {
    throw fail("rack-not-up", { name: plan.name }, { cause });
  });
  const { error } = JSON.parse(answer) as { error?: ErrorRecord };
  if (error) throw new ProvisionError(error);
}
