import test from "ava";
import { ProvisionError } from "../../../src/errors.ts";
import { readAct } from "../../../src/raid/acts/act.ts";
import { backUpNow } from "../../../src/raid/acts/back-up-now.ts";
import { readVet } from "../../../src/raid/acts/vet-disk.ts";

const act = { name: "failing a member" };
const result = (exitCode: number | null, stdout = "", stderr = "") => ({ exitCode, stdout, stderr });

test("what an act printed are its lines", (t) => {
  t.deepEqual(readAct(act, result(0, "failed sdb2\n\nspeed 3\n", "mdadm: hot removed")), ["failed sdb2", "speed 3"]);
});

for (const [says, told, code, words] of [
  [
    "a refusal has the host's words",
    result(3, "found sdb ext4\n@refuse disk-not-blank 1 thing was found\n"),
    "swap-refused",
    /^failing a member was refused by the host \(disk-not-blank\): 1 thing was found$/,
  ],
  ["the last refusal counts", result(3, "@refuse one a\n@refuse two b\n"), "swap-refused", /\(two\): b/],
  ["a refusal without words", result(3, "@refuse no-disk\n"), "swap-refused", /\(no-disk\): $/],
  [
    "a broken array is an error of its own",
    result(3, "@refuse array-broke md0: writing a file failed\n"),
    "array-broke",
    /array-broke.*writing a file failed/,
  ],
  [
    "a command's own 3 is no refusal",
    result(3, "", "something: 3"),
    "act-failed",
    /ended with 3; its last words:\nsomething: 3/,
  ],
  ["a refusal with another status is none", result(1, "@refuse no-disk x\n"), "act-failed", /ended with 1/],
  ["what a signal ended", result(null), "act-failed", /^failing a member ended with a signal$/],
  [
    "its end is shown, not all of it",
    result(1, "", Array.from({ length: 40 }, (_, index) => `line ${index}`).join("\n")),
    "act-failed",
    /words:\nline 28\n(?:line \d+\n){10}line 39$/,
  ],
] as const) {
  test(says, (t) => {
    const error = t.throws(() => readAct(act, told), { instanceOf: ProvisionError });
    t.is(error?.code, code);
    t.regex(error?.message ?? "", words);
  });
}

test("a backup's program is one word, whatever it has in it, and sees nothing of ours", (t) => {
  const { script } = backUpNow({ commands: ["cat; echo 'done' \"$1\"", "x\ny"] });
  t.true(script.includes(`must sh -c 'cat; echo '\\''done'\\'' "$1"'`));
});

for (const [says, lines, selfTest] of [
  ["ATA, passed", ["row # 1  Short offline       Completed without error       00%     31205         -"], "passed"],
  ["ATA, failed", ["row # 1  Short offline       Completed: read failure       90%     31205         7814"], "failed"],
  ["ATA, aborted", ["row # 1  Short offline       Aborted by host               90%     31205         -"], "failed"],
  [
    "SAS, passed",
    ["row # 1  Background short  Completed                   -   12345                 - [-   -    -]"],
    "passed",
  ],
  [
    "SAS, failed",
    ["row # 1  Background short  Failed in segment -->       3   12345        1230 [0x3 0x11 0x0]"],
    "failed",
  ],
  [
    "NVMe, passed",
    ["row  0   Short             Completed without error              120            -     -   -   -    -"],
    "passed",
  ],
  ["it can't", ["none Short offline self test failed [unsupported scsi opcode]"], "none"],
  ["it keeps no list", ["row "], "none"],
  ["nothing was said", [], "none"],
] as const) {
  test(`a self-test's end: ${says}`, (t) => t.is(readVet(lines).selfTest, selfTest));
}
