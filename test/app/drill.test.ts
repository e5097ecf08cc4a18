import test from "ava";
import { type Drill, readTyped, rightMove } from "../../src/app/disks/drill.ts";

const drill: Drill = { machine: "web01", old: "WEB01-B", fresh: "WEB01-B-7F3A", sizeMiB: 4096 };
const pull = { machine: "web01", pull: "WEB01-B" };
const insert = { machine: "web01", insert: { serial: "WEB01-B-7F3A", sizeMiB: 4096 } };

for (const [kind, orders, answer] of [
  ["find", [], "found"],
  ["pull", [pull], "01-B"],
  ["new-disk", [insert], undefined],
  ["before-off", [], "01-B"],
  ["while-off", [pull, insert], "01-B"],
  ["wipe", [], "7F3A"],
  ["gone", [], "empty"],
  ["put-back", [], undefined],
] as const) {
  test(`a skilled hand at "${kind}"`, (t) => {
    const move = rightMove({ kind }, drill);
    t.deepEqual(move.orders, [...orders]);
    t.is(move.answer, answer);
  });
}

for (const [line, typed] of [
  ["pull WEB01-A", { kind: "order", order: { machine: "web01", pull: "WEB01-A" } }],
  ["  insert  X1 ", { kind: "order", order: { machine: "web01", insert: { serial: "X1", sizeMiB: 4096 } } }],
  ["help", { kind: "help" }],
  ["01-B", { kind: "answer", text: "01-B" }],
  ["same disk", { kind: "answer", text: "same disk" }],
  ["pull", { kind: "answer", text: "pull" }],
  ["", { kind: "answer", text: "" }],
] as const) {
  test(`a trainee types "${line}"`, (t) => t.deepEqual(readTyped(line, drill), typed));
}
