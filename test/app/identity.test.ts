import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { controllerKey } from "../../src/app/identity.ts";
import { instanceName, isInstanceGone } from "../../src/app/instance.ts";
import { systemClock } from "../../src/clock.ts";

function pathsFor(t: ExecutionContext) {
  const root = mkdtempSync(join(tmpdir(), "identity-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  return { state: join(root, "site"), cache: root, run: root };
}
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("the controller's key is made once, and only root reads its private half", (t) => {
  const paths = pathsFor(t);
  const made = controllerKey(paths);
  t.regex(made.publicKey, /^ssh-ed25519 \S+/);
  t.regex(made.privateKey.reveal(), /BEGIN OPENSSH PRIVATE KEY/);
  const file = `${paths.state}/id_ed25519`;
  t.deepEqual([modeOf(file), modeOf(paths.state), existsSync(`${file}.new`)], ["600", "700", false]);
  const read = controllerKey(paths);
  t.deepEqual([read.publicKey, read.privateKey.reveal()], [made.publicKey, made.privateKey.reveal()]);
});

test("a state folder that others could look into is closed", (t) => {
  const paths = pathsFor(t);
  mkdirSync(paths.state, { mode: 0o755 });
  controllerKey(paths);
  t.is(modeOf(paths.state), "700");
});

test("a pair of which only the public half was written is made anew", (t) => {
  const paths = pathsFor(t);
  mkdirSync(paths.state);
  writeFileSync(`${paths.state}/id_ed25519.pub`, "ssh-ed25519 half\n");
  const { publicKey } = controllerKey(paths);
  t.not(publicKey, "ssh-ed25519 half");
  t.is(readFileSync(`${paths.state}/id_ed25519.pub`, "utf8").trim(), publicKey);
});

test("a key that isn't one is told, not replaced", (t) => {
  const paths = pathsFor(t);
  mkdirSync(paths.state);
  writeFileSync(`${paths.state}/id_ed25519`, "no key");
  t.throws(() => controllerKey(paths), { code: "controller-key-damaged" });
  t.is(readFileSync(`${paths.state}/id_ed25519`, "utf8"), "no key");
});

test("processes that make the first key at once end up with the same one", async (t) => {
  const paths = pathsFor(t);
  const identity = join(import.meta.dirname, "../../src/app/identity.ts");
  const program = `import { controllerKey } from ${JSON.stringify(identity)}; console.log(controllerKey(${JSON.stringify(paths)}).publicKey);`;
  const start = async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    await once(child, "close");
    return said;
  };
  const keys = await Promise.all([start(), start(), start(), start()]);
  t.regex(keys[0] ?? "", /^ssh-ed25519 /);
  t.is(new Set(keys).size, 1, keys.join(""));
});

test("two starts of the same process have different names", (t) => {
  const [one, two] = [instanceName(systemClock), instanceName(systemClock)];
  t.not(one, two);
  t.regex(one, new RegExp(`^${process.pid}\\.\\d+\\.[0-9a-f]{16}$`));
});

test("a process that lives isn't gone", (t) => t.false(isInstanceGone(instanceName(systemClock))));

test("a process whose pid is another's by now is gone: the start time tells", (t) => {
  const [pid, ticks, chance] = instanceName(systemClock).split(".");
  t.true(isInstanceGone(`${pid}.${Number(ticks) - 1}.${chance}`));
});

test("a process that has ended is gone; one with blanks and parentheses in its name is found", async (t) => {
  const { run } = pathsFor(t);
  copyFileSync("/bin/cat", join(run, "a) R 1 (b"));
  const child = spawn(join(run, "a) R 1 (b"), { stdio: ["pipe", "ignore", "ignore"] });
  t.teardown(() => child.kill());
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
  t.true(stat.includes("(a) R 1 (b)"), stat);
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const name = `${child.pid}.${ticks}.00`;
  t.false(isInstanceGone(name));
  child.stdin.end();
  await once(child, "exit");
  t.true(isInstanceGone(name));
});
