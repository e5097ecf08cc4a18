import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { actShell } from "../../../src/raid/acts/act-shell.ts";
import { arrayShell } from "../../../src/raid/acts/array-shell.ts";

/** An array as sysfs shows it; one word per member, in the order of slots: its state, `-` for an empty slot, `gone:` before it for a disk that was pulled. */
interface Seen {
  readonly level: string;
  readonly layout?: number;
  readonly members: string;
}

const near2 = 0x102;
const near3 = 0x103;
const far2 = 0x201;

/** Is the member in this slot one that the array can lose? */
const cases: readonly (readonly [string, Seen, number, RegExp | "yes"])[] = [
  ["a mirror's half", { level: "raid1", members: "in_sync in_sync" }, 0, "yes"],
  ["a mirror's last copy", { level: "raid1", members: "in_sync -" }, 0, /no other copy/],
  ["a mirror's last copy beside one that failed", { level: "raid1", members: "in_sync faulty" }, 0, /no other copy/],
  [
    "a mirror's last copy beside one that is being rebuilt",
    { level: "raid1", members: "in_sync spare" },
    0,
    /no other/,
  ],
  [
    "one whose mirror was pulled, which md hasn't noticed",
    { level: "raid1", members: "in_sync gone:in_sync" },
    0,
    /no other/,
  ],
  [
    "one whose mirror has write errors, but all the data",
    { level: "raid1", members: "in_sync in_sync,write_error,want_replacement" },
    0,
    "yes",
  ],
  ["the one with write errors", { level: "raid1", members: "in_sync in_sync,write_error,want_replacement" }, 1, "yes"],
  ["one of three copies", { level: "raid1", members: "in_sync in_sync -" }, 0, "yes"],
  ["one that failed already", { level: "raid1", members: "in_sync faulty" }, 1, "yes"],
  [
    "one beside one that failed and still has its slot",
    { level: "raid1", members: "in_sync faulty,in_sync" },
    0,
    /no other/,
  ],
  ["one that failed and still has its slot", { level: "raid1", members: "- faulty,in_sync" }, 1, "yes"],
  ["one that is being rebuilt", { level: "raid1", members: "in_sync spare" }, 1, "yes"],
  ["RAID 5, all there", { level: "raid5", members: "in_sync in_sync in_sync" }, 1, "yes"],
  ["RAID 5, one missing", { level: "raid5", members: "in_sync in_sync -" }, 1, /only 1 of the other 2/],
  ["RAID 5, one being rebuilt", { level: "raid5", members: "in_sync in_sync spare" }, 1, /only 1 of the other 2/],
  ["RAID 6, one missing", { level: "raid6", members: "in_sync in_sync in_sync -" }, 1, "yes"],
  ["RAID 6, two missing", { level: "raid6", members: "in_sync in_sync - -" }, 1, /only 1 of the other 3/],
  ["RAID 10, its mirror is there", { level: "raid10", layout: near2, members: "in_sync in_sync in_sync -" }, 0, "yes"],
  [
    "RAID 10, its mirror is missing",
    { level: "raid10", layout: near2, members: "in_sync in_sync in_sync -" },
    2,
    /slot 3/,
  ],
  [
    "RAID 10, its mirror before it is missing",
    { level: "raid10", layout: near2, members: "- in_sync in_sync in_sync" },
    1,
    /slot 0/,
  ],
  [
    "RAID 10, the other pair has lost one",
    { level: "raid10", layout: near2, members: "in_sync - in_sync in_sync" },
    3,
    "yes",
  ],
  [
    "RAID 10 over three disks, one missing",
    { level: "raid10", layout: near2, members: "in_sync - in_sync" },
    0,
    /all other/,
  ],
  ["RAID 10 far, one missing", { level: "raid10", layout: far2, members: "in_sync in_sync in_sync -" }, 0, /all other/],
  ["RAID 10 far, all there", { level: "raid10", layout: far2, members: "in_sync in_sync in_sync in_sync" }, 0, "yes"],
  [
    "RAID 10 with three copies, one missing",
    { level: "raid10", layout: near3, members: "in_sync in_sync - in_sync" },
    0,
    /all other/,
  ],
  ["RAID 0", { level: "raid0", members: "in_sync in_sync" }, 0, /no second copy/],
  ["linear", { level: "linear", members: "in_sync in_sync" }, 0, /no second copy/],
  ["a level that nobody knows", { level: "raid7", members: "in_sync in_sync in_sync" }, 0, /no second copy/],
  ["a journal", { level: "raid5", members: "in_sync in_sync in_sync journal" }, 3, /journal/],
];

for (const [says, seen, slot, expected] of cases) {
  test(`${says}: ${expected === "yes" ? "may go" : "stays"}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "provision-md-"));
    try {
      draw(folder, seen);
      const script = `${actShell}${arrayShell}\na_dir='${folder}' a_md=md0\na_spares m${slot} && say yes || say "$a_why"\n`;
      for (const shell of [["dash"], ["busybox", "sh"]] as const) {
        const { stdout, stderr } = spawnSync(shell[0], shell.slice(1), { input: script, encoding: "utf8" });
        t.is(stderr, "");
        if (expected === "yes") t.is(stdout, "yes\n");
        else t.regex(stdout, expected);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

function draw(folder: string, { level, layout = 0, members }: Seen): void {
  const words = members.split(" ");
  const file = (name: string, text: string | number) => writeFileSync(join(folder, name), `${text}\n`);
  file("level", level);
  file("layout", layout);
  file("raid_disks", words.filter((word) => word !== "journal").length);
  for (const [slot, word] of words.entries()) {
    if (word === "-") continue;
    const state = word.replace("gone:", "");
    const member = join(folder, `dev-m${slot}`);
    mkdirSync(member);
    writeFileSync(
      join(member, "slot"),
      state === "faulty" ? "none\n" : state === "journal" ? "journal\n" : `${slot}\n`,
    );
    writeFileSync(join(member, "state"), `${state}\n`);
    if (word === state) {
      mkdirSync(join(member, "block"));
      writeFileSync(join(member, "block", "dev"), "8:1\n");
    }
  }
}
