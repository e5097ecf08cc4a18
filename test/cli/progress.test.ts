import test from "ava";
import { advance, emptyProgress, renderEvent, renderProgress } from "../../src/cli/progress.ts";
import { formatBytes, formatDuration, formatTable, noColours, visibleLength } from "../../src/cli/style.ts";
import type { ErrorRecord } from "../../src/errors.ts";
import type { OperationEvent, OperationEventBody } from "../../src/lifecycle/events.ts";

const event = (elapsedMs: number, body: OperationEventBody): OperationEvent => ({
  at: new Date(0),
  node: "web01",
  operationId: 1,
  elapsedMs,
  ...body,
});

const begin = {
  kind: "operation",
  operation: "install",
  generation: 1,
  state: "running",
  phase: "unknown",
  by: "me",
} as const;
const step = (state: "running" | "waiting" | "done" | "failed" | "skipped", more = {}) =>
  ({ kind: "step", step: "netboot", label: "Install from the network", state, attempt: 1, ...more }) as const;

const story = [
  event(0, begin),
  event(1000, step("running", { expectedMs: 60_000 })),
  event(1000, step("waiting", { waitingOn: "boot", durationMs: 0 })),
  event(4000, { kind: "milestone", name: "dhcp-ack", label: "got its address", text: "10.77.0.11" }),
  event(9000, { kind: "progress", step: "netboot", done: 50 * 2 ** 20, total: 100 * 2 ** 20, unit: "bytes" }),
];
const screen = { style: noColours, columns: 60, rows: 24 };

test("the picture shows step, time, milestones and bytes", (t) => {
  t.deepEqual(renderProgress(story.reduce(advance, emptyProgress), 11_000, screen), [
    "install web01  11.0 s of about 60.0 s",
    " ▸ Install from the network  10.0 s  (usually 60.0 s)",
    "     · got its address (10.77.0.11)",
    "     ████████████░░░░░░░░░░░░ 50 MiB of 100 MiB",
  ]);
});

test("what is still to come stands there from the start, with the time of the whole", (t) => {
  const steps = [
    { name: "arm", label: "Arm it", expectedMs: 1000 },
    { name: "netboot", label: "Install from the network", expectedMs: 60_000 },
  ];
  const view = [event(0, { ...begin, steps }), event(500, step("running", { expectedMs: 60_000 }))];
  t.deepEqual(renderProgress(view.reduce(advance, emptyProgress), 2500, screen), [
    "install web01  2.5 s of about 61.0 s",
    " · Arm it",
    " ▸ Install from the network  2.0 s  (usually 60.0 s)",
  ]);
});

test("resources are counted as such, not as bytes", (t) => {
  const counted = event(9000, { kind: "progress", step: "netboot", done: 7, total: 12, unit: "resources" });
  const lines = renderProgress([...story, counted].reduce(advance, emptyProgress), 11_000, screen);
  t.is(lines.at(-1), "     ██████████████░░░░░░░░░░ 7 of 12 resources");
});

test("a finished step is one line with its time; a new operation starts a new picture", (t) => {
  const done = [...story, event(61_000, step("done", { durationMs: 60_000 }))].reduce(advance, emptyProgress);
  t.deepEqual(renderProgress(done, 61_000, screen).slice(1), [" ✔ Install from the network  60.0 s"]);
  t.is(advance(done, event(0, { ...begin, operation: "converge" })).steps.length, 0);
});

const steps = "abcdefgh".split("").map((name) => ({ name, label: name.toUpperCase() }));
const upTo = (open: string): OperationEvent[] => [
  event(0, { ...begin, steps }),
  ...steps.filter(({ name }) => name < open).map(({ name }) => event(1, { ...step("done"), step: name, label: name })),
  event(2, { ...step("running"), step: open, label: open }),
];
for (const [what, open, rows, expected] of [
  ["a screen that is high enough", "c", 11, " ✔ a, ✔ b, ▸ c, · D, · E, · F, · G, · H"],
  ["what is over makes place for what is now", "e", 8, "   …, ✔ d, ▸ e, · F, · G, · H"],
  ["at the beginning, what is far ahead makes place", "a", 7, " ▸ a, · B, · C, · D,   …"],
  ["in the middle, both", "d", 5, "   …, ▸ d,   …"],
] as const) {
  test(`the picture is never higher than the screen: ${what}`, (t) => {
    const lines = renderProgress(upTo(open).reduce(advance, emptyProgress), 3, { ...screen, rows }).slice(1);
    t.is(lines.map((line) => line.replace(/ {2}0\.\d s.*/, "")).join(","), expected);
    t.true(lines.length + 2 <= rows);
  });
}

test("a line is never wider than the screen", (t) => {
  const long = event(5000, { kind: "line", text: "x".repeat(300) });
  const lines = renderProgress([...story, long].reduce(advance, emptyProgress), 6000, screen);
  t.true(lines.every((line) => visibleLength(line) <= screen.columns));
});

for (const [what, body, expected] of [
  ["a begun step says what it does", step("running"), "    1.5 s  web01  netboot: Install from the network"],
  ["a done step says how long", step("done", { durationMs: 2500 }), "    1.5 s  web01  netboot: done in 2.5 s"],
  ["a skipped step says why", step("skipped", { note: "is on" }), "    1.5 s  web01  netboot: skipped (is on)"],
  [
    "a cancelled operation says by whom",
    { ...begin, state: "cancelled", error: { message: "cancelled by ann" } as ErrorRecord },
    "    1.5 s  web01  install cancelled: cancelled by ann",
  ],
  ["motion is no line", { kind: "progress", step: "netboot", done: 1, total: 2, unit: "bytes" }, undefined],
] as const) {
  test(`in a pipe: ${what}`, (t) => t.is(renderEvent(event(1500, body)), expected));
}

for (const [ms, text] of [
  [0, "0.0 s"],
  [99_900, "99.9 s"],
  [100_000, "1:40"],
  [3_599_600, "60:00"],
] as const) {
  test(`${ms} ms is ${text}`, (t) => t.is(formatDuration(ms), text));
}
for (const [bytes, text] of [
  [0, "0 B"],
  [1023, "1023 B"],
  [1434, "1.4 KiB"],
  [499 * 2 ** 20, "499 MiB"],
] as const) {
  test(`${bytes} bytes are ${text}`, (t) => t.is(formatBytes(bytes), text));
}

test("columns are as wide as what is seen, not as what is sent", (t) => {
  t.is(
    formatTable([
      ["\u001b[31mab\u001b[0m", "c"],
      ["abc", "d"],
    ]),
    "\u001b[31mab\u001b[0m   c\nabc  d",
  );
});
