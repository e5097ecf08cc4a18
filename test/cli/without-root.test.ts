import { chmodSync, mkdirSync } from "node:fs";
import test from "ava";
import { environmentFor } from "../app/surroundings.ts";
import { load } from "../inventory/site-on-disk.ts";
import { run } from "./process.ts";

for (const [line, code] of [
  ["node web01", "command-needs-root"],
  ["apply web01", "command-needs-root"],
  ["lab up", "command-needs-root"],
  ["lab down", "command-needs-root"],
  ["serve", "command-needs-root"],
  ["test roles/varnish", "command-needs-root"],
  ["demo", "demo-needs-root"],
] as const) {
  test(`without root, provision ${line} says exactly what to run`, async (t) => {
    const { code: ended, stdout, stderr } = await run(line.split(" "), { nobody: true });
    t.is(ended, 1, stderr);
    t.is(stdout, "");
    const [first, second, ...more] = stderr.trimEnd().split("\n");
    t.true(first?.startsWith(`error[${code}]: `), stderr);
    t.is(second, `  hint       Run: sudo bin/provision ${line}`);
    t.deepEqual(more, []);
  });
}

test("without root, records that are root's are an error with a way out, not a defect", async (t) => {
  const { folder } = load(t);
  const environment = environmentFor(t);
  mkdirSync(environment.PROVISION_STATE_DIR as string, { mode: 0o700 });
  chmodSync(folder, 0o755);
  const { code, stderr } = await run(["--inventory", folder, "status"], { nobody: true, environment });
  t.is(code, 1);
  t.regex(
    stderr,
    /^error\[state-not-writable\]: .*\n {2}hint +Run the same command with sudo; or set PROVISION_STATE_DIR/,
  );
});

test("without root, what only reads works", async (t) => {
  const { folder } = load(t);
  const { code, stderr } = await run(["--inventory", folder, "inventory", "show", "n1"], { nobody: true });
  t.is(code, 0, stderr);
});
