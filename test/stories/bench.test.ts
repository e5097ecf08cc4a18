import { spawnSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";

test("the bench of the engine still runs: one round of it, without Ansible and Puppet", (t) => {
  const file = join(import.meta.dirname, "../../bench/converge/run.ts");
  const argv = ["--disable-warning=ExperimentalWarning", file, "--quick"];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", timeout: 900_000 });
  t.is(status, 0, stderr);
  // How long things take is the machine's business; how often a host is asked isn't.
  t.regex(stdout, /✔ remote executions, the most of all runs +3 /);
  t.regex(stdout, /✔ for each of these hosts: bytes on the wire/);
});
