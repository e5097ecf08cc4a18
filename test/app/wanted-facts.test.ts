import test from "ava";
import { z } from "zod";
import { planNode } from "../../src/app/converge.ts";
import { file } from "../../src/converge/resources/file.ts";
import { defineRole } from "../../src/converge/role.ts";
import { makeScratch, testNode } from "../converge/scratch.ts";

/** What a role must know of its host before it can say what should be there. */
const threads = (path: string) =>
  defineRole({
    name: "trial",
    parameters: z.strictObject({}),
    facts: ["cpu", "memory"],
    resources: ({ facts: { cpu, memory } }) => [file(path, { content: `${cpu.threads} ${memory.totalBytes > 0}\n` })],
  });

const cpu = { model: "", sockets: 1, cores: 9, threads: 9, architecture: "x86_64" };
const memory = {
  totalBytes: 1,
  availableBytes: 1,
  swapTotalBytes: 0,
  swapFreeBytes: 0,
  hugePages: 0,
  hugePageBytes: 0,
};

for (const [says, facts, executions, expected] of [
  ["nothing is known: they are asked for first", undefined, 2, /^\d+ true\n$/],
  ["one is known: the other is asked for", { cpu }, 2, /^9 true\n$/],
  ["all are known: one round trip", { cpu, memory }, 1, /^9 true\n$/],
] as const) {
  test(`facts that a role names: ${says}`, async (t) => {
    const scratch = makeScratch();
    t.teardown(() => scratch.remove());
    const request = {
      ...{ node: testNode, requests: [{ role: "trial", parameters: {} }], roles: [threads(scratch.path("threads"))] },
      ...{ loadTemplate: () => "", ...(facts ? { facts } : {}) },
    };
    const plan = await planNode(request, scratch.shell);
    t.is(scratch.shell.scripts.length, executions);
    t.regex(String(plan.planned[0]?.changes.find(({ text }) => text)?.text?.after), expected);
    t.false(scratch.shell.scripts.at(-1)?.includes("cat /proc/meminfo"), "and not once more");
  });
}
