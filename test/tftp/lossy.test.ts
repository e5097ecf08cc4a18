import test from "ava";
import { transferOverLink, type Weather } from "./simulated-link.ts";

/** No period that a lost or doubled block could hide in. */
const bytes = (count: number) => {
  const content = Buffer.alloc(count);
  for (let index = 0; index < count; index++) content[index] = (index * 31 + (index >> 8) * 7 + (index >> 16)) & 0xff;
  return content;
};

const blocks = (sizeBytes: number, blksize: number) => Math.floor(sizeBytes / blksize) + 1;

const loader = bytes(1_000_000);

const weathers: readonly [
  what: string,
  weather: Omit<Weather, "seed">,
  windowsize: number,
  most: { traffic: number; seconds: number },
][] = [
  ["fair weather", {}, 1, { traffic: 1, seconds: 3 }],
  ["fair weather, a window of 16", {}, 16, { traffic: 1, seconds: 1 }],
  ["every tenth datagram doubled", { duplicates: 0.1 }, 1, { traffic: 1, seconds: 3 }],
  ["every tenth datagram doubled, a window of 16", { duplicates: 0.1 }, 16, { traffic: 1, seconds: 1 }],
  ["1 % lost", { loss: 0.01 }, 1, { traffic: 1.05, seconds: 4 }],
  ["1 % lost, a window of 16", { loss: 0.01 }, 16, { traffic: 1.3, seconds: 4 }],
  ["20 % lost", { loss: 0.2 }, 1, { traffic: 2, seconds: 120 }],
  ["20 % lost, a window of 16", { loss: 0.2 }, 16, { traffic: 6, seconds: 180 }],
  ["some overtaken", { late: 0.02 }, 1, { traffic: 1, seconds: 3 }],
  ["some overtaken, a window of 16", { late: 0.02 }, 16, { traffic: 1.4, seconds: 2 }],
  ["all of it", { loss: 0.02, duplicates: 0.02, late: 0.02 }, 4, { traffic: 1.4, seconds: 30 }],
];

for (const [what, weather, windowsize, most] of weathers) {
  test(`1 MB arrives whole: ${what}`, (t) => {
    for (const seed of [1, 2, 3]) {
      const result = transferOverLink(loader, { blksize: 1468, windowsize }, { seed, ...weather });
      const traffic = result.dataPackets / blocks(loader.length, 1468);
      t.log(`seed ${seed}: traffic × ${traffic.toFixed(3)}, ${(result.elapsedMs / 1000).toFixed(1)} s`);
      t.deepEqual(result.outcome, { kind: "done" });
      t.true(loader.equals(result.received), "the bytes differ");
      t.true(traffic <= most.traffic, `${traffic} times the blocks`);
      t.true(result.elapsedMs <= most.seconds * 1000, `${result.elapsedMs} ms`);
    }
  });
}

for (const windowsize of [1, 16]) {
  test(`150 MB: block numbers wrap from 65535 to 0 (window ${windowsize})`, (t) => {
    const image = bytes(150_000_000);
    t.true(blocks(image.length, 1468) > 65536);
    const result = transferOverLink(image, { blksize: 1468, windowsize }, { seed: 1 });
    t.deepEqual(result.outcome, { kind: "done" });
    t.true(image.equals(result.received), "the bytes differ");
  });
}

test("the numbers wrap many times, with loss at each", (t) => {
  const image = bytes(1_600_000);
  const result = transferOverLink(image, { blksize: 8, windowsize: 64 }, { seed: 5, loss: 0.01 });
  t.deepEqual(result.outcome, { kind: "done" });
  t.true(image.equals(result.received), "the bytes differ");
});

test("nobody there: six datagrams and no more", (t) => {
  const result = transferOverLink(loader, { blksize: 1468, windowsize: 16 }, { seed: 1, loss: 1 });
  t.is(result.outcome?.kind, "failed");
  t.is(result.dataPackets, 0);
});
