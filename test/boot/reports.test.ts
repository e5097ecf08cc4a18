import test from "ava";
import { parseHostKey } from "../../src/boot/host-keys.ts";
import { describeStall, milestones, nextMilestone, usualSecondsAfter } from "../../src/boot/milestones.ts";
import { parseDone, parseFailure, parseMilestones, parseProgress, plain } from "../../src/boot/reports.ts";
import { hostKey } from "./house.ts";

const blob = hostKey.split(" ")[1] as string;

const keys: readonly [string, string, boolean][] = [
  ["an Ed25519 key", hostKey, true],
  ["one with its comment", `${hostKey} root@web01`, true],
  ["a key that says it is of another type", `ssh-rsa ${blob}`, false],
  ["cut short", hostKey.slice(0, -4), false],
  ["no base64", "ssh-ed25519 ????", false],
  ["an option before it", `command="reboot" ${hostKey}`, false],
  ["a type that nobody knows", `ssh-dss ${blob}`, false],
  ["nothing", "", false],
];

for (const [what, line, good] of keys) {
  test(`host key: ${what} is ${good ? "taken" : "refused"}`, (t) => {
    t.is(parseHostKey(line), good ? hostKey : undefined);
  });
}

test("a real RSA and ECDSA key made by ssh-keygen are taken beside an Ed25519 one, and not alone", (t) => {
  const ecdsa =
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";
  t.is(parseHostKey(ecdsa), ecdsa);
  t.deepEqual(parseDone(`hostkey ${ecdsa}\nhostkey ${hostKey}\n`)?.hostKeys, [ecdsa, hostKey]);
  t.is(parseDone(`hostkey ${ecdsa}\n`), undefined);
});

const progress: readonly [string, boolean][] = [
  ["image-written 0 100", true],
  ["image-written 100 100\n", true],
  ["image-written 101 100", false],
  ["image-written -1 100", false],
  ["image-written 1e3 10000", false],
  ["Image 1 2", false],
  ["", false],
  [`x ${"9".repeat(40)} ${"9".repeat(40)}`, false],
];

for (const [body, good] of progress) {
  test(`progress ${JSON.stringify(body).slice(0, 30)} is ${good ? "taken" : "refused"}`, (t) => {
    t.is(parseProgress(body) !== undefined, good);
  });
}

test("a report of failure is one whatever is in it", (t) => {
  t.like(parseFailure("disk-not-found\nNo disk matches X\nline\nline\n"), {
    code: "disk-not-found",
    sentence: "No disk matches X",
  });
  t.like(parseFailure(""), { code: "installer-failed", sentence: "the installer gave no reason" });
  t.like(parseFailure("something went wrong"), { code: "installer-failed", sentence: "something went wrong" });
});

test("many lines and long ones are cut", (t) => {
  t.true(parseMilestones("x\n".repeat(10_000)).length <= 40);
  t.is(plain("é".repeat(1000)).length, 301);
  t.is(plain("\u009b31mred\u2028\ud800"), "31mred");
});

test("after each milestone the next one is known, with a cause and a hint, until SSH answers", (t) => {
  for (const firmware of ["bios", "uefi"] as const) {
    let [last, seconds]: [string | undefined, number] = [undefined, 0];
    for (let count = 0; nextMilestone(last) && count < 30; count++) {
      const stall = describeStall(last, firmware);
      t.true(stall.hint.length > 10 && stall.likelyCause.length > 10);
      t.is(stall.nextExpected, nextMilestone(last)?.name);
      seconds += usualSecondsAfter(last, firmware);
      last = stall.nextExpected;
    }
    t.is(last, "ssh-answers");
    t.is(
      seconds,
      milestones.reduce((sum, { usualSeconds }) => sum + usualSeconds[firmware], 0),
    );
  }
});
