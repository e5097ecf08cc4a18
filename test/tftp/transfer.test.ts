import test from "ava";
import type { TftpPacket } from "../../src/tftp/packet.ts";
import { agree } from "../../src/tftp/terms.ts";
import { begin, type Effect, step, type Transfer } from "../../src/tftp/transfer.ts";

const content = Uint8Array.from({ length: 100 }, (_, index) => index);

/** What was done, in short: `oack`, `data 3 (8)`, `wait`, `done`. */
const tell = (effect: Effect): string => {
  if (effect.kind === "wait") return "wait";
  if (effect.kind === "end") return effect.outcome.kind;
  const { packet } = effect;
  return packet.kind === "data" ? `data ${packet.block} (${packet.payload.length})` : packet.kind;
};

type Input = TftpPacket | "timeout";

const ack = (block: number): TftpPacket => ({ kind: "ack", block });
const error = (code: number): TftpPacket => ({ kind: "error", code, message: "User aborted the transfer" });

/** Begins a transfer and feeds it; gives what happened after the beginning and after each input, 5 ms apart. */
function play(options: Record<string, number>, inputs: readonly Input[], bytes = content) {
  const terms = agree(
    Object.entries(options).map(([name, value]) => [name, String(value)]),
    bytes.length,
  );
  let [transfer, effects] = begin(bytes, terms, 0);
  const told = [effects.map(tell)];
  for (const [index, input] of inputs.entries()) {
    const atMs = (index + 1) * 5;
    const event = input === "timeout" ? { kind: input, atMs } : { kind: "packet" as const, packet: input, atMs };
    [transfer, effects] = step(transfer, event);
    told.push(effects.map(tell));
  }
  return told;
}

const small = { blksize: 40 };
const windowed = { blksize: 10, windowsize: 4 };
const firstWindow = ["data 1 (10)", "data 2 (10)", "data 3 (10)", "data 4 (10)", "wait"];
const secondWindow = ["data 5 (10)", "data 6 (10)", "data 7 (10)", "data 8 (10)", "wait"];

const stories: readonly [
  what: string,
  options: Record<string, number>,
  inputs: readonly Input[],
  told: readonly (readonly string[])[],
][] = [
  ["without options the first block is the answer", {}, [ack(1)], [["data 1 (100)", "wait"], ["done"]]],
  [
    "granted options are offered, and ACK 0 takes them",
    small,
    [ack(0), ack(1), ack(2), ack(3)],
    [["option-ack", "wait"], ["data 1 (40)", "wait"], ["data 2 (40)", "wait"], ["data 3 (20)", "wait"], ["done"]],
  ],
  [
    "an exact multiple ends with an empty block",
    { blksize: 50 },
    [ack(0), ack(1), ack(2), ack(3)],
    [["option-ack", "wait"], ["data 1 (50)", "wait"], ["data 2 (50)", "wait"], ["data 3 (0)", "wait"], ["done"]],
  ],
  [
    "a duplicate ACK sends nothing (Sorcerer's Apprentice)",
    small,
    [ack(0), ack(0), ack(1), ack(1), ack(0), ack(2)],
    [["option-ack", "wait"], ["data 1 (40)", "wait"], [], ["data 2 (40)", "wait"], [], [], ["data 3 (20)", "wait"]],
  ],
  [
    "an ACK of a block not sent yet is nothing",
    small,
    [ack(0), ack(2), ack(9)],
    [["option-ack", "wait"], ["data 1 (40)", "wait"], [], []],
  ],
  [
    "a timeout sends the offer again",
    small,
    ["timeout"],
    [
      ["option-ack", "wait"],
      ["option-ack", "wait"],
    ],
  ],
  [
    "a timeout sends the block again",
    small,
    [ack(0), ack(1), "timeout"],
    [
      ["option-ack", "wait"],
      ["data 1 (40)", "wait"],
      ["data 2 (40)", "wait"],
      ["data 2 (40)", "wait"],
    ],
  ],
  ["a window is sent as a whole", windowed, [ack(0), ack(4)], [["option-ack", "wait"], firstWindow, secondWindow]],
  [
    "an ACK inside the window: the window moves on, and then the rest goes out again",
    windowed,
    [ack(0), ack(2), "timeout"],
    [
      ["option-ack", "wait"],
      firstWindow,
      ["data 5 (10)", "data 6 (10)", "wait"],
      ["data 3 (10)", "data 4 (10)", "data 5 (10)", "data 6 (10)", "wait"],
    ],
  ],
  [
    "an ACK inside the window, and the rest was only late: nothing goes out twice",
    windowed,
    [ack(0), ack(2), ack(6), ack(2)],
    [
      ["option-ack", "wait"],
      firstWindow,
      ["data 5 (10)", "data 6 (10)", "wait"],
      ["data 7 (10)", "data 8 (10)", "data 9 (10)", "data 10 (10)", "wait"],
      [],
    ],
  ],
  [
    "an ACK of the window before sends nothing",
    windowed,
    [ack(0), ack(4), ack(4), ack(2), ack(0)],
    [["option-ack", "wait"], firstWindow, secondWindow, [], [], []],
  ],
  [
    "a timeout sends the window again",
    windowed,
    [ack(0), "timeout"],
    [["option-ack", "wait"], firstWindow, firstWindow],
  ],
  [
    "the last window ends with the file",
    windowed,
    [ack(0), ack(4), ack(8), ack(11)],
    [
      ["option-ack", "wait"],
      firstWindow,
      secondWindow,
      ["data 9 (10)", "data 10 (10)", "data 11 (0)", "wait"],
      ["done"],
    ],
  ],
  ["firmware takes the size and leaves", small, [error(8)], [["option-ack", "wait"], ["declined"]]],
  ["… whatever code it gives", small, [error(0)], [["option-ack", "wait"], ["declined"]]],
  [
    "an ERROR in the middle ends it",
    small,
    [ack(0), error(3), ack(1)],
    [["option-ack", "wait"], ["data 1 (40)", "wait"], ["failed"], []],
  ],
  ["an ERROR is never answered", {}, [error(0)], [["data 1 (100)", "wait"], ["failed"]]],
  [
    "packets that have no business here change nothing",
    small,
    [ack(0), { kind: "data", block: 1, payload: content }, { kind: "option-ack", options: [] }, ack(1)],
    [["option-ack", "wait"], ["data 1 (40)", "wait"], [], [], ["data 2 (40)", "wait"]],
  ],
  [
    "five resends and no more: an answer to a forged request is not an attack",
    {},
    ["timeout", "timeout", "timeout", "timeout", "timeout", "timeout", "timeout"],
    [...Array<string[]>(6).fill(["data 1 (100)", "wait"]), ["failed"], []],
  ],
];

for (const [what, options, inputs, told] of stories) {
  test(what, (t) => t.deepEqual(play(options, inputs), told));
}

test("an empty file is one empty block", (t) => {
  t.deepEqual(play({}, [ack(1)], new Uint8Array()), [["data 1 (0)", "wait"], ["done"]]);
});

const waits = (transfer: Transfer, effects: readonly Effect[]) => {
  const wait = effects.find((effect) => effect.kind === "wait");
  return [transfer, wait?.ms] as const;
};

test("the wait follows the measured round trip, never below 20 ms", (t) => {
  for (const [roundTripMs, low, high] of [
    [1, 20, 20],
    [50, 150, 160],
    [400, 1200, 1300],
  ] as const) {
    let [transfer] = begin(new Uint8Array(1000), agree([["blksize", "8"]], 1000), 0);
    let ms: number | undefined;
    for (let block = 0; block < 40; block++) {
      const event = { kind: "packet", packet: ack(block), atMs: (block + 1) * roundTripMs } as const;
      [transfer, ms] = waits(...step(transfer, event));
    }
    t.true(ms !== undefined && ms >= low && ms <= high, `${roundTripMs} ms there and back: waits ${ms} ms`);
  }
});

test("unmeasured it waits a second, and each time in vain for longer", (t) => {
  let [transfer, ms] = waits(...begin(content, agree([], 100), 0));
  const waited = [ms];
  for (let resend = 0; resend < 5; resend++) {
    [transfer, ms] = waits(...step(transfer, { kind: "timeout", atMs: 0 }));
    waited.push(ms);
  }
  t.deepEqual(waited, [1000, 2000, 4000, 8000, 8000, 8000]);
});

test("measured it is quick twice, then patient: a stalled client has seconds to come back", (t) => {
  let [transfer, ms] = waits(
    ...step(begin(content, agree([["blksize", "8"]], 100), 0)[0], { kind: "packet", packet: ack(0), atMs: 2 }),
  );
  const waited = [ms];
  for (let resend = 0; resend < 5; resend++) {
    [transfer, ms] = waits(...step(transfer, { kind: "timeout", atMs: 0 }));
    waited.push(ms);
  }
  t.deepEqual(waited, [20, 40, 500, 1000, 2000, 4000]);
});

test("a resent block measures nothing (Karn)", (t) => {
  let [transfer] = begin(content, agree([["blksize", "8"]], 100), 0);
  [transfer] = step(transfer, { kind: "timeout", atMs: 1000 });
  [transfer] = step(transfer, { kind: "packet", packet: ack(0), atMs: 1001 });
  t.is(transfer.roundTrip, undefined);
});

test("the client's own timeout is kept", (t) => {
  t.is(waits(...begin(content, agree([["timeout", "3"]], 100), 0))[1], 3000);
});

test("a client that only repeats itself is given up after a minute", (t) => {
  let [transfer] = begin(content, agree([["blksize", "8"]], 100), 0);
  [transfer] = step(transfer, { kind: "packet", packet: ack(0), atMs: 1 });
  for (let second = 1; second < 60; second++) {
    [transfer] = step(transfer, { kind: "packet", packet: ack(0), atMs: second * 1000 });
    [transfer] = step(transfer, { kind: "timeout", atMs: second * 1000 });
  }
  t.is(transfer.stage, "sending");
  t.deepEqual(step(transfer, { kind: "packet", packet: ack(0), atMs: 60_002 })[1].map(tell), ["failed"]);
});
