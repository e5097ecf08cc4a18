import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { archive } from "../../src/converge/resources/archive.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch, type Scratch } from "./scratch.ts";

/** A tar file `app-VERSION/{version,bin/run}`, owned by somebody else. */
function pack({ path }: Scratch, version: string): { source: string; sha256: string } {
  const folder = path(`app-${version}`);
  mkdirSync(`${folder}/bin`, { recursive: true });
  writeFileSync(`${folder}/version`, `${version}\n`);
  writeFileSync(`${folder}/bin/run`, "#!/bin/sh\n", { mode: 0o755 });
  const source = path(`${version}.tar.gz`);
  execFileSync("tar", ["-czf", source, "--owner=4711", "--group=4711", "-C", path("."), `app-${version}`]);
  rmSync(folder, { recursive: true });
  return { source, sha256: createHash("sha256").update(readFileSync(source)).digest("hex") };
}

for (const { name, start } of interpreters) {
  test(`${name}: it is unpacked once, replaced as a whole, mended when it is gone, and goes away`, async (t) => {
    const scratch = makeScratch(start(t));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const target = path("app");
    const at = (version: ReturnType<typeof pack>) =>
      catalogueOf([
        archive(target, { ...version, stripComponents: 1, owner: "daemon", group: "daemon", mode: "0750" }),
      ]);
    const [one, two] = [pack(scratch, "1"), pack(scratch, "2")];
    assertConverged(await converge(at(one), shell, { clock }));
    t.is(readFileSync(`${target}/version`, "utf8"), "1\n");
    t.deepEqual(
      [statSync(target).mode & 0o7777, statSync(`${target}/bin/run`).mode & 0o7777, statSync(`${target}/bin/run`).uid],
      [0o750, 0o755, 1],
    );
    const second = await converge(at(one), shell, { clock });
    t.deepEqual([second.outcome, second.executions], ["unchanged", 1]);
    writeFileSync(`${target}/left`, "");
    assertConverged(await converge(at(two), shell, { clock }));
    t.deepEqual([readFileSync(`${target}/version`, "utf8"), existsSync(`${target}/left`)], ["2\n", false]);
    rmSync(target, { recursive: true });
    assertConverged(await converge(at(two), shell, { clock }));
    t.is(readFileSync(`${target}/version`, "utf8"), "2\n");
    const gone = catalogueOf([archive(target, { ensure: "absent" })]);
    assertConverged(await converge(gone, shell, { clock }));
    t.is((await converge(gone, shell, { clock })).outcome, "unchanged");
    t.deepEqual(
      readdirSync(path(".")).filter((one) => one.startsWith(".app")),
      [],
    );
  });

  test(`${name}: another digest is never unpacked, and the old one stays`, async (t) => {
    const scratch = makeScratch(start(t));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const one = pack(scratch, "1");
    assertConverged(await converge(catalogueOf([archive(path("app"), one)]), shell, { clock }));
    const wrong = await converge(catalogueOf([archive(path("app"), { ...one, sha256: "0".repeat(64) })]), shell, {
      clock,
    });
    t.regex(wrong.results[0]?.error?.message ?? "", /its SHA-256 is [0-9a-f]{64}, not 0{64}/);
    t.true(existsSync(path("app/app-1/version")));
  });

  test(`${name}: what others put there is replaced or removed only if that is said`, async (t) => {
    const scratch = makeScratch(start(t));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    mkdirSync(path("app"));
    writeFileSync(path("app/precious"), "x");
    const one = pack(scratch, "1");
    const run = (given: Parameters<typeof archive>[1]) =>
      converge(catalogueOf([archive(path("app"), given)]), shell, { clock });
    t.regex((await run(one)).results[0]?.error?.message ?? "", /replace: true/);
    t.regex((await run({ ensure: "absent" })).results[0]?.error?.message ?? "", /left alone/);
    t.true(existsSync(path("app/precious")));
    assertConverged(await run({ ...one, replace: true }));
    t.false(existsSync(path("app/precious")));
  });

  test(`${name}: a run that was killed between the two renames is mended`, async (t) => {
    const scratch = makeScratch(start(t));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const one = pack(scratch, "1");
    const catalogue = catalogueOf([archive(path("app"), one)]);
    assertConverged(await converge(catalogue, shell, { clock }));
    renameSync(path("app"), path(".app.provision-old"));
    mkdirSync(path(".app.provision-unpacked"));
    const unusable = catalogueOf([archive(path("app"), { ...one, sha256: "0".repeat(64) })]);
    t.is((await converge(unusable, shell, { clock })).outcome, "failed");
    t.true(existsSync(path("app/app-1/version")), "the old one is back, even if there is no new one");
    renameSync(path("app"), path(".app.provision-old"));
    assertConverged(await converge(catalogue, shell, { clock }));
    t.true(existsSync(path("app/app-1/version")));
    t.deepEqual(
      readdirSync(path(".")).filter((one) => one.startsWith(".app")),
      [],
    );
  });

  for (const program of ["curl", "wget"] as const) {
    test(`${name}: it is fetched by ${program}; an error page is a failure`, async (t) => {
      if (name === "dash" && program === "wget")
        return t.pass("dash finds curl first; busybox alone has only its wget");
      const scratch = makeScratch(program === "curl" ? start(t, "curl") : start(t));
      const { path, shell, remove } = scratch;
      t.teardown(remove);
      const one = pack(scratch, "1");
      const server = createServer((request, response) => {
        if (request.url === "/one.tar.gz") return void response.end(readFileSync(one.source));
        response.statusCode = 404;
        response.end("no");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      t.teardown(() => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const fetched = (page: string) =>
        converge(catalogueOf([archive(path("app"), { source: `${url}/${page}`, sha256: one.sha256 })]), shell, {
          clock,
        });
      t.is((await fetched("two.tar.gz")).outcome, "failed");
      t.false(existsSync(path("app")));
      assertConverged(await fetched("one.tar.gz"));
      t.true(existsSync(path("app/app-1/version")));
    });
  }
}
