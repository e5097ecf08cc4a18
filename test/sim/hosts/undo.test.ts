import test from "ava";
import { createUndo } from "../../../src/sim/hosts/undo.ts";

test("what was made is unmade newest first, all of it even when a step fails, and only once", async (t) => {
  const undo = createUndo();
  const done: string[] = [];
  undo.push(() => done.push("network"));
  undo.push(() => Promise.reject(new Error("still busy")));
  undo.push(() => done.push("processes"));
  await t.throwsAsync(undo.run(), { message: "still busy" });
  t.deepEqual(done, ["processes", "network"]);
  await undo.run();
  t.deepEqual(done, ["processes", "network"]);
});
