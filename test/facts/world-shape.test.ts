import test from "ava";
import { parseFacts, facts as registry } from "../../src/facts/list.ts";
import type { World } from "../../src/raid/world.ts";

/** The compiler is the test: what facts tell fits what a swap wants to know, field by field. */
test("a world is made of facts", (t) => {
  const facts = parseFacts(new Map(), registry) as Required<ReturnType<typeof parseFacts>>;
  const told = {
    hostname: facts.hostname,
    machineId: facts.machineId,
    bootId: facts.bootId,
    firmware: facts.bootLoaders.firmware,
    disks: facts.disks,
    arrays: facts.md,
    blocks: facts.blocks,
    boot: facts.bootLoaders.disks,
    kernelErrors: facts.kernelErrors,
    smart: facts.smart,
    bays: facts.bays,
    pools: [...facts.zfs, ...facts.btrfs, ...facts.hardwareRaid],
  } satisfies World;
  t.is(told.firmware, facts.firmware);
});
