import test from "ava";
import { plainLines } from "../../../src/sim/rack/serial-log.ts";

for (const [what, raw, lines] of [
  ["carriage returns and blank lines", "a\r\n\r\n\r\nb\r\r\n", ["a", "b"]],
  ["SeaBIOS's screen control", "\x1bc\x1b[?7l\x1b[2JSeaBIOS (version 1.16.2)\x1b[0m\n", ["SeaBIOS (version 1.16.2)"]],
  [
    "OVMF's clearing between two messages",
    "\x1b[2J\x1b[01;01H\x1b[=3h>>Start PXE over IPv4.",
    [">>Start PXE over IPv4."],
  ],
  ["a progress that rewrites its line", "10 %\r20 %\rdone\n", ["10 %", "20 %", "done"]],
  ["letters outside ASCII", "größe\n", ["größe"]],
  ["nothing", "", []],
] as const) {
  test(`the serial log for people: ${what}`, (t) => {
    t.deepEqual(plainLines(raw), [...lines]);
  });
}
