import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { NodeDisks, SwapProposal } from "../../../src/app/disks/desk.ts";
import type { OperationEvent } from "../../../src/lifecycle/events.ts";
import type { HoldQuestion } from "../../../src/lifecycle/step.ts";
import { beforeFile } from "./bed.ts";
import { diskMiB, layoutScript } from "./layout.ts";
import { node, openSite, type Site, type Started } from "./site.ts";
import { goodHands, whatIsAsked } from "./tech.ts";

/** The commands as processes against a machine with real mirrors: each test begins with what the one before left. */
const [a1, a2, b1] = ["S3YANX0A0001", "S3YANX0A0002", "S3YANX0B0001"] as const;
let site: Site;
let before: string;
const folder = mkdtempSync(join(tmpdir(), "raid-cli-disk-"));

/** Every command line of mdadm is written down; acts look into /usr/local/sbin first. */
const spy = `printf '%s\\n' '#!/bin/sh' 'echo "$*" >> /run/mdadm.log' 'exec /usr/sbin/mdadm "$@"' > /usr/local/sbin/mdadm
chmod 0755 /usr/local/sbin/mdadm; : > /run/mdadm.log`;
/** Those that change an array, without kernel names. */
const changes = () =>
  site.bed.ask(`grep -Eo -e '--(fail|remove|add|re-add|replace)' /run/mdadm.log | sort | uniq -c | xargs`);

test.before(async (t) => {
  const disks = [a1, a2].map((serial) => ({ serial, sizeMiB: diskMiB }));
  site = await openSite({ disks, layout: layoutScript({ serials: [a1, a2], firmware: "bios" }), say: t.log });
  await site.bed.ask(spy);
  before = await site.bed.sumOf(beforeFile);
});

test.after.always(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const waive = (...serials: readonly string[]) => serials.flatMap((serial) => ["--waive", `smart:${serial}`]);

async function ends(t: ExecutionContext, code: number, ...argv: readonly string[]) {
  const began = performance.now();
  const ended = await site.provision(...argv);
  t.log(`${((performance.now() - began) / 1000).toFixed(1)} s  ${argv.join(" ")}`);
  t.is(ended.code, code, `${argv.join(" ")}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

async function untouched(t: ExecutionContext, work: () => Promise<unknown>): Promise<void> {
  const was = [await site.bed.arrays(), await changes()];
  await work();
  t.deepEqual([await site.bed.arrays(), await changes()], was, "an array was touched");
}

const proposalIn = (stdout: string) => (JSON.parse(stdout) as { proposal: SwapProposal }).proposal;

test.serial(
  "status: a healthy machine is 0, as a table, as data and as a ticket; a lamp that isn't there flickers",
  async (t) => {
    const { stdout } = await ends(t, 0, "disk", "status", "--json");
    const [disks] = JSON.parse(stdout) as NodeDisks[];
    t.is(disks?.status?.severity, "ok");
    t.deepEqual(
      disks?.status?.disks
        .filter(({ slot }) => slot)
        .map(({ slot, serial, bootable }) => [slot, serial, bootable])
        .toSorted(),
      [
        ["B0", a1, true],
        ["B1", a2, true],
      ],
    );
    t.true(disks?.status?.arrays.every(({ redundancyLeft }) => redundancyLeft === 1));
    const table = (await ends(t, 0, "disk", "status", node)).stdout;
    t.regex(table, /^web01 {2}ok\n/);
    t.regex(table, new RegExp(`B1 +${a2} .*no verdict +yes`), "a disk that tells no SMART hasn't passed");
    t.regex(table, /backups: \/, \/boot, \/srv\/data \(dumps\) /);
    const [ticket, located] = await Promise.all([
      ends(t, 0, "disk", "status", "--ticket"),
      ends(t, 0, "disk", "locate", node, "B1"),
    ]);
    t.is(ticket.stdout, "web01: no disk needs hands\n");
    t.regex(located.stdout, new RegExp(`the activity light of ${a2} in slot B1 of web01 flickered`));
  },
);

test.serial("a plan turns the kernel's name into the serial number, asks every gate, and touches nothing", (t) =>
  untouched(t, async () => {
    const name = await site.bed.ask(`basename $(dev ${a2})`);
    const { plan, findings, steps } = proposalIn(
      (await ends(t, 2, "disk", "replace", node, name, "--plan", "--json")).stdout,
    );
    t.like(plan.target, { serial: a2, slot: "B1" });
    t.deepEqual([plan.mode, plan.survivors], ["hot", [a1]]);
    t.deepEqual(
      findings
        .filter(({ verdict }) => verdict !== "pass" && verdict !== "warn")
        .map(({ verdict, waiver }) => [verdict, waiver]),
      [["confirm", `smart:${a1}`]],
    );
    t.true(findings.some(({ gate, evidence }) => gate === "G10" && /\/srv\/data: dumps .* ago/.test(evidence)));
    t.is(steps[0]?.name, "record");
    t.false(
      steps.some((step) => step.name === "remove-replaced"),
      "only what a hot swap does",
    );
    const open = await ends(t, 0, "disk", "replace", node, name, "--plan", ...waive(a1));
    t.regex(open.stdout, /Every gate is open/);
  }),
);

test.serial("refused: what isn't waived, a waiver that no gate asks for, a disk that isn't there", (t) =>
  untouched(t, async () => {
    t.regex((await ends(t, 2, "disk", "replace", node, a2)).stdout, /waive\? +G5[\s\S]*nothing was touched/);
    t.regex(
      (await ends(t, 2, "disk", "replace", node, a2, "--waive", "smart")).stderr,
      /waiver-unknown.*\n.*smart:S3YANX0A0001/,
    );
    t.regex((await ends(t, 2, "disk", "replace", node, "NOBODY")).stderr, /disk-unknown/);
  }),
);

test.serial(
  "without a terminal it is left held with its question; another disk is refused; abort puts it back",
  async (t) => {
    const was = await site.bed.arrays();
    const left = await ends(t, 3, "disk", "replace", node, a2, "--hot", ...waive(a1));
    t.regex(left.stdout, new RegExp(`Find the disk ${a2}[\\s\\S]*slot +B1[\\s\\S]*must stay: slot B0 +${a1}`));
    t.is(await changes(), "3 --fail 3 --remove");
    t.regex((await ends(t, 3, "disk", "status", node)).stdout, /held for hands: Find the disk/);
    t.regex((await ends(t, 2, "disk", "replace", node, a1, ...waive(a2))).stderr, /swap-of-another-disk/);
    t.regex((await ends(t, 0, "disk", "abort", node)).stdout, /called off/);
    await site.bed.whole();
    t.is(await site.bed.arrays(), was);
    t.is(await changes(), "3 --fail 3 --re-add 3 --remove");
    t.regex((await ends(t, 0, "disk", "abort", node)).stdout, /no disk of web01 is being replaced/);
  },
);

/** What a kill comes right behind, once each: a step's begin, a question, an act that is on its way to the host. */
function momentOf(event: OperationEvent): string | undefined {
  if (event.kind === "line") return /^[a-z]+ing /.test(event.text) ? `${event.step}: ${event.text}` : undefined;
  if (event.kind !== "step" || (event.state !== "running" && event.state !== "held")) return undefined;
  return `${event.step} ${event.state}${event.question ? ` ${event.question.kind}` : ""}`;
}

test.serial(
  "the controller is killed at every step: the same command goes on, and nothing is done twice",
  async (t) => {
    const content = join(folder, "theirs.img");
    writeFileSync(content, Buffer.alloc(16 * 2 ** 20));
    execFileSync("mkfs.ext4", ["-q", "-F", "-L", "theirs", content]);
    const fresh = { serial: b1, sizeMiB: diskMiB, content };
    // Its last four characters are another disk's, too.
    const hands = {
      ...goodHands(site.bed.host, { old: a2, fresh }),
      wipe: async ({ complaint = "" }: HoldQuestion) => (/both end with/.test(complaint) ? b1 : "0001"),
    };
    await site.bed.ask(": > /run/mdadm.log");
    const killed = new Set<string>();
    const play = async (question: HoldQuestion) => {
      const answer = await hands[whatIsAsked(question)](question);
      if (answer !== undefined) await site.provision("disk", "answer", node, answer);
    };
    const toNextKill = async (run: Started): Promise<boolean> => {
      const began = performance.now();
      let heardAt: number | undefined;
      for await (const line of run.lines) {
        if (!line.startsWith('{"at"')) continue;
        heardAt ??= performance.now() - began;
        const event = JSON.parse(line) as OperationEvent;
        const moment = momentOf(event);
        if (moment !== undefined && !killed.has(moment)) {
          await run.kill();
          killed.add(moment);
          t.log(
            `${(heardAt / 1000).toFixed(1)} s to go on, ${((performance.now() - began) / 1000).toFixed(1)} s to ${moment}`,
          );
          return true;
        }
        if (event.kind === "step" && event.state === "held" && event.question) void play(event.question);
      }
      return false;
    };
    let run: Started;
    do run = site.start("disk", "replace", node, a2, "--hot", ...waive(a1), "--wait", "--json");
    while (await toNextKill(run));
    const { code, stdout, stderr } = await run.ended;
    t.is(code, 0, `${stdout.slice(-2000)}\n${stderr}`);
    for (const step of [
      "record",
      "remove",
      "identify",
      "pull",
      "await-new",
      "wipe",
      "partition",
      "add",
      "rebuild",
      "verify",
    ])
      t.true(killed.has(`${step} running`), step);
    for (const kind of ["identify held find", "identify held pull", "await-new held new-disk", "wipe held wipe"])
      t.true(killed.has(kind), kind);
    t.is(await changes(), "3 --add 3 --fail 3 --remove");
    await site.bed.whole();
    t.is(await site.bed.sumOf(beforeFile), before);
    const { arrays } = await site.bed.world();
    for (const { members } of arrays) t.deepEqual(members.map(({ serial }) => serial).toSorted(), [a1, b1]);
    const history = (await ends(t, 0, "history", node)).stdout;
    t.is(history.match(/was pulled \(typed/g)?.length, 1);
    t.is(history.match(/has taken the place of/g)?.length, 1);
    site.writeBays([a1, b1]);
  },
);

const failByHand = `for l_md in /sys/block/md*/md; do
  l_md=\${l_md%/md}; l_md=/dev/\${l_md##*/}
  ! mdadm --detail $l_md | grep -q "$(dev ${b1} 4)\\$" || mdadm --quiet --fail $l_md $(dev ${b1} 4)
done`;

test.serial(
  "the watch is silent about a healthy machine, tells of a failed member once, and only opens a swap",
  async (t) => {
    await site.bed.whole();
    t.is((await ends(t, 0, "disk", "watch", "--once")).stdout, "nothing new\n");
    t.deepEqual(site.heard, []);
    await site.bed.ask(failByHand);
    await untouched(t, async () => {
      t.regex((await ends(t, 5, "disk", "watch", "--once")).stdout, new RegExp(`! web01 {2}${b1}: it failed in`));
      t.like(
        site.heard.find(({ kind }) => kind === "replace"),
        { node, about: b1, swap: `provision disk replace web01 ${b1}` },
      );
      t.regex(String(site.heard[0]?.ticket), new RegExp(b1));
      t.regex((await ends(t, 3, "disk", "status", node)).stdout, new RegExp(`${b1} should be replaced: it failed in`));
      const count = site.heard.length;
      t.is((await ends(t, 0, "disk", "watch", "--once")).stdout, "nothing new\n");
      t.is(site.heard.length, count);
      const refused = await ends(t, 2, "disk", "replace", node, a1, ...waive(b1));
      t.regex(refused.stdout, /REFUSED G2[\s\S]*REFUSED G3/, "the last copy");
    });
  },
);

test.serial(
  "somebody begins what the watch has opened, with their waivers, and calls it off; the next is declined",
  async (t) => {
    const left = await ends(t, 3, "disk", "replace", node, b1, ...waive(a1));
    t.regex(left.stdout, new RegExp(`Find the disk ${b1}`));
    t.regex((await ends(t, 0, "history", node)).stdout, /diskswap cancelled: .*, to begin it/);
    await ends(t, 0, "disk", "abort", node);
    await site.bed.whole();
    await ends(t, 0, "disk", "watch", "--once");
    await site.bed.ask(failByHand);
    await ends(t, 5, "disk", "watch", "--once");
    await untouched(t, async () => {
      await ends(t, 0, "disk", "answer", node, "no");
      t.regex((await ends(t, 5, "disk", "status", node)).stdout, /^web01 {2}at risk\n/);
      t.regex((await ends(t, 0, "history", node)).stdout, /diskswap failed/);
    });
  },
);
