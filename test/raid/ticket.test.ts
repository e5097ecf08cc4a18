import test from "ava";
import { diskStatus } from "../../src/raid/disk-status.ts";
import { type TicketFor, ticket } from "../../src/raid/ticket.ts";
import type { World } from "../../src/raid/world.ts";
import {
  failDisk,
  pullDisk,
  raid6,
  serials,
  surprisePull,
  twoDisks,
  unnoticedPull,
  wholeDisks,
  withMember,
  withSmart,
} from "./worlds.ts";

const [A, B, C] = serials as [string, string, string];
const write = (world: World, about: Partial<TicketFor> = {}) =>
  ticket(world, diskStatus(world), { node: "web01", rack: "A3", ...about });

test("a failed disk, whole", (t) => {
  const world = failDisk(twoDisks(), B);
  const lit = {
    ...world,
    disks: world.disks.map((disk) => (disk.serial === B ? { ...disk, hctl: "4:0:1:0" } : disk)),
    bays: world.bays.map((bay) => (bay.serial === B ? { ...bay, locate: true } : bay)),
  };
  t.is(
    write(lit),
    `Please replace a disk in: web01
Rack: A3
Slot: 1 of enclosure 0:0:32:0
HCTL: 4:0:1:0
Serial of the DEFECTIVE disk: S3YANX0B0002
WWN: 0x5000c5007687291b
Model: ATA ST1000NX0313
Size: 1074 GB (1073741824000 bytes), 512-byte sectors
Transport: sata
Light: locate, on
Why: md0's member sdb2 has failed (F)
Why: md1's member sdb3 has failed (F)
Why: md2's member sdb4 has failed (F)
HEALTHY, must stay in: S3YANX0A0001, slot 0 of enclosure 0:0:32:0, ATA ST1000NX0313
`,
  );
});

const missing = pullDisk(twoDisks(), B);
const boots = twoDisks();
for (const [what, world, about, lines, never] of [
  [
    "a dead disk tells no serial: the healthy one's is given",
    missing,
    {},
    [
      /Slot: one of those in which no disk answers: 1 of/,
      /isn't listed below/,
      /HEALTHY, must stay in: S3YANX0A0001/,
      /Why: a member of md0, md1, md2 is missing/,
    ],
    /DON'T/,
  ],
  [
    "a dead disk whose serial is on record",
    missing,
    { serial: B },
    [/DEFECTIVE disk: S3YANX0B0002/, /HEALTHY, must stay in: S3YANX0A0001/],
    /DON'T/,
  ],
  [
    "pulled without a word",
    surprisePull(twoDisks(), B),
    {},
    [/isn't listed below/, /HEALTHY, must stay in: S3YANX0A0001/],
    /DON'T/,
  ],
  [
    "pulled without a word, md doesn't know yet, and the other isn't well",
    withSmart(unnoticedPull(twoDisks(), B), A, { pending: 2 }),
    {},
    [/isn't listed below/, /must NOT be pulled now: S3YANX0A0001/],
    /DEFECTIVE disk: S3YANX0A0001/,
  ],
  [
    "sectors are pending on one half",
    withSmart(twoDisks(), A, { pending: 2 }),
    {},
    [/DEFECTIVE disk: S3YANX0A0001/, /Why: 2 sectors that couldn't be read/, /HEALTHY, must stay in: S3YANX0B0002/],
    /DON'T/,
  ],
  [
    "one half is dead, and the other isn't well: the dead one goes",
    withSmart(missing, A, { pending: 2 }),
    {},
    [/isn't listed below/, /must NOT be pulled now: S3YANX0A0001/],
    /DEFECTIVE disk: S3YANX0A0001/,
  ],
  [
    "one half failed, and the other isn't well",
    withSmart(failDisk(twoDisks(), B), A, { pending: 2 }),
    {},
    [/DEFECTIVE disk: S3YANX0B0002/, /must NOT be pulled now: S3YANX0A0001/],
    /HEALTHY/,
  ],
  [
    "the last good half, by name",
    missing,
    { serial: A },
    [/DEFECTIVE disk: S3YANX0A0001/, /DON'T PULL IT YET: no other copy/],
    /HEALTHY/,
  ],
  [
    "a half of a RAID0",
    withSmart(wholeDisks("raid0", 2), A, { grownDefects: 5 }),
    {},
    [/DON'T PULL IT YET/],
    undefined,
  ],
  [
    "both halves have the hole: neither may go",
    withMember(withMember(twoDisks(), "sda2", { badBlocks: ["1 8"] }), "sdb2", { badBlocks: ["1 8"] }),
    {},
    [/DON'T PULL IT YET/],
    undefined,
  ],
  [
    "neighbours come first",
    failDisk(raid6(), C),
    {},
    [/DEFECTIVE disk: S3YANX0C0003.*S3YANX0B0002, slot 1.*S3YANX0D0004, slot 3.*S3YANX0A0001, slot 0/s],
    undefined,
  ],
  ["somebody wants it so", twoDisks(), { serial: B }, [/Why: the operator asks for it/], /DON'T/],
] as const satisfies readonly (readonly [string, World, Partial<TicketFor>, readonly RegExp[], RegExp | undefined])[]) {
  test(`a ticket: ${what}`, (t) => {
    const text = write(world, about) ?? "";
    for (const line of lines) t.regex(text, line);
    if (never) t.notRegex(text, never);
  });
}

for (const [what, world] of [
  ["all is well", twoDisks()],
  [
    "a boot loader is missing: no hands can help",
    { ...boots, boot: boots.boot.map((state) => (state.serial === B ? { ...state, bootCode: false } : state)) },
  ],
  ["CRC errors", withSmart(twoDisks(), B, { crcErrors: 3 })],
] as const) {
  test(`no ticket: ${what}`, (t) => t.is(write(world), undefined));
}
