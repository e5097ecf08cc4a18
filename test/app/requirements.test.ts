import test from "ava";
import { ensureRequirements, requirements } from "../../src/app/requirements.ts";
import { ProvisionError } from "../../src/errors.ts";
import { createRecordedShell, type RecordedCase } from "../../src/transport/recorded.ts";

const image = requirements.filter((one) => one.for.includes("image")).map((one) => one.package);

/** dpkg-query's answer: these are installed, and one was removed with its configuration left. */
const dpkg = (installed: readonly string[]) => ({
  exitCode: installed.length === image.length ? 0 : 1,
  stdout: `${installed.map((name) => `${name} installed`).join("\n")}\nkmod config-files\n`,
  stderr: "dpkg-query: no packages found matching mmdebstrap\n",
});

/** A Debian on which apt-get install installs what it is told. */
function debian(present: readonly string[], more: readonly RecordedCase[] = []) {
  let installed = present;
  const said: string[] = [];
  const shell = createRecordedShell([
    ...more,
    { when: /^dpkg-query -W/, answer: () => dpkg(installed) },
    { when: /^apt-get update/, answer: {} },
    {
      when: /^apt-get install -y/,
      answer: (text, { environment }) => {
        if (environment?.DEBIAN_FRONTEND !== "noninteractive") return { exitCode: 1, stderr: "it would ask" };
        installed = [...installed, ...text.split(" ").slice(4)];
        return {};
      },
    },
  ]);
  const ensure = (isRoot: boolean) => ensureRequirements(["image"], { shell, isRoot, say: (line) => said.push(line) });
  const run = () => shell.asked.map((line) => line.replace(/^(dpkg-query) .*/, "$1"));
  return { ensure, run, said };
}

const without = (...names: string[]) => image.filter((name) => !names.includes(name));

test("nothing is missing: nothing is run but the question, nothing is said", async (t) => {
  const { ensure, run, said } = debian(image);
  await ensure(false);
  t.deepEqual([run(), said], [["dpkg-query"], []]);
});

test("what is missing is installed once, and each with its reason", async (t) => {
  const { ensure, run, said } = debian(without("mmdebstrap", "kmod"));
  await ensure(true);
  await ensure(true);
  const install = "apt-get install -y --no-install-recommends mmdebstrap kmod";
  t.deepEqual(run(), ["dpkg-query", "apt-get update -q", install, "dpkg-query"]);
  t.is(said.length, 3);
  t.regex(said[1] ?? "", /mmdebstrap +builds file trees/);
  t.regex(said[2] ?? "", /kmod +finds the ramdisk's kernel modules/);
});

test("without root nothing is installed, and the hint is the line to run", async (t) => {
  const { ensure, run } = debian(without("mmdebstrap", "cpio"));
  const error = await t.throwsAsync(ensure(false), { instanceOf: ProvisionError, code: "packages-missing" });
  t.is(error?.message, "Debian packages are missing: mmdebstrap cpio");
  t.regex(error?.hint ?? "", /^Run: sudo apt-get install --no-install-recommends mmdebstrap cpio \(/);
  t.deepEqual(run(), ["dpkg-query"]);
});

for (const [what, when] of [
  ["update", /^apt-get update/],
  ["install", /^apt-get install/],
] as const) {
  test(`apt-get ${what} fails: its last words are in the error`, async (t) => {
    const stderr =
      "W: one\nW: two\nE: Could not get lock /var/lib/dpkg/lock-frontend\nE: Is another process using it?\n";
    const { ensure } = debian(without("cpio"), [{ when, answer: { exitCode: 100, stderr } }]);
    const error = await t.throwsAsync(ensure(true), { instanceOf: ProvisionError, code: "packages-not-installed" });
    t.regex(
      error?.message ?? "",
      /could not install cpio: W: two \/ E: Could not get lock .* \/ E: Is another process/,
    );
    t.true(error?.retry);
  });
}

test("every package has a reason and a purpose, and stands once", (t) => {
  const names = requirements.map((one) => one.package);
  t.deepEqual(names, [...new Set(names)]);
  t.deepEqual(
    requirements.filter((one) => one.why.length < 8 || one.for.length === 0),
    [],
  );
});
