import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock } from "../../src/clock.ts";
import { observe } from "../../src/converge/observation.ts";
import { readProgram } from "../../src/converge/read-program.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

const local = createLocalShell({ clock: systemClock });

for (const interpreter of [["dash"], ["busybox", "sh"]]) {
  test(`${interpreter.join(" ")} names the few that differ among hundreds, and asks only about them`, async (t) => {
    const scratch = makeScratch(interpreter);
    t.teardown(scratch.remove);
    const paths = Array.from({ length: 450 }, (_, index) => scratch.path(`a file ${index}`));
    const folders = Array.from({ length: 250 }, (_, index) => scratch.path(`folder-${index}`));
    for (const path of paths) writeFileSync(path, "as it should be\n", { mode: 0o644 });
    for (const path of folders) mkdirSync(path, { mode: 0o755 });
    const [spoilt = "", open = "", gone = ""] = [paths[3], paths[250], paths[449]];
    writeFileSync(spoilt, "as it shouldn't\n");
    chmodSync(open, 0o666);
    rmSync(gone);
    chmodSync(folders[7] ?? "", 0o700);
    rmSync(folders[240] ?? "", { recursive: true });
    const { items } = catalogueOf([
      ...folders.map((path) => directory(path)),
      ...paths.map((path) => file(path, { content: "as it should be\n" })),
    ]);
    const { seen } = await observe(items, scratch.shell, {});
    const told = [...seen].flatMap(([id, keys]) => [...keys.keys()].map((key) => `${titleOf(items, id)} ${key}`));
    const wanted = [`${spoilt} digest`, `${spoilt} content`, `${open} attributes`, `${gone} absent`];
    t.deepEqual(told.sort(), [...wanted, `${folders[7]} attributes`, `${folders[240]} absent`].sort());
  });
}

const titleOf = (items: readonly { id: number; title: string }[], id: number) =>
  items.find((item) => item.id === id)?.title;

test("one file that differs among hundreds costs a few processes more, not two for each of them", async (t) => {
  const scratch = makeScratch();
  t.teardown(scratch.remove);
  const paths = Array.from({ length: 200 }, (_, index) => scratch.path(`f${index}`));
  for (const path of paths) writeFileSync(path, "x\n", { mode: 0o644 });
  const script = readProgram(catalogueOf(paths.map((path) => file(path, { content: "x\n" }))).items);
  const count = async () => {
    // strace counts this program's own, whatever else the machine does.
    const argv = ["strace", "-f", "-qq", "-e", "trace=execve", "-e", "status=successful", "sh", "-s"];
    const { stderr } = await local.run({ argv }, { stdin: script });
    return stderr.split("\n").filter((line) => line.includes("execve(")).length;
  };
  const quiet = await count();
  writeFileSync(paths[100] ?? "", "y\n");
  const busy = await count();
  t.true(quiet > 2 && busy - quiet <= 12, `${quiet} processes, and ${busy} when one file differs`);
});
