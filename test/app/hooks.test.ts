import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { letter, type Told, tellHooks } from "../../src/app/disks/hooks.ts";
import { load } from "../inventory/site-on-disk.ts";
import { surroundings } from "./surroundings.ts";

const told: Told = {
  ...{ node: "web01", rack: "r7", at: "2026-03-01T12:00:00.000Z", kind: "replace", about: "S3YANX0B0002" },
  ...{ severity: "at-risk", text: "it failed in md1", swap: "provision disk replace web01 S3YANX0B0002" },
};

/** A web server that answers with this status, and what it was sent. */
async function webhook(t: ExecutionContext, status: number) {
  const heard: { readonly type: string | undefined; readonly body: unknown }[] = [];
  const server = createServer((request, reply) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk;
    });
    request.on("end", () => {
      heard.push({ type: request.headers["content-type"], body: JSON.parse(body) });
      reply.writeHead(status).end();
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.teardown(() => server.close());
  return { hook: { webhook: `http://127.0.0.1:${(server.address() as AddressInfo).port}/disks` }, heard };
}

/** A sendmail(8) that keeps its letter, and ends with this status. */
function sendmail(t: ExecutionContext, status: number) {
  const folder = mkdtempSync(join(tmpdir(), "sendmail-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const via = join(folder, "sendmail");
  writeFileSync(via, `#!/bin/sh\necho "$*" > '${folder}/words'\ncat > '${folder}/letter'\nexit ${status}\n`, {
    mode: 0o755,
  });
  return { hook: { mail: "ops@rack.test", via }, read: (name: string) => readFileSync(join(folder, name), "utf8") };
}

const around = (t: ExecutionContext) => surroundings(t, load(t).folder);

test("a webhook gets JSON, a mail a letter; both hear the same", async (t) => {
  const [web, mail] = [await webhook(t, 204), sendmail(t, 0)];
  t.deepEqual(await tellHooks([web.hook, mail.hook], told, around(t)), []);
  t.deepEqual(web.heard, [{ type: "application/json", body: told }]);
  t.is(mail.read("words"), "-t -oi\n");
  t.regex(mail.read("letter"), /^To: ops@rack\.test\n[\s\S]*\nSubject: \[provision\] web01: S3YANX0B0002 at-risk\n/);
  t.true(mail.read("letter").includes("provision disk replace web01 S3YANX0B0002"));
});

test("one that fails doesn't keep the others from hearing, and is named", async (t) => {
  const [refusing, broken, good] = [await webhook(t, 500), sendmail(t, 75), await webhook(t, 200)];
  const nobody = { webhook: "http://127.0.0.1:9/" };
  const failed = await tellHooks([refusing.hook, nobody, broken.hook, good.hook], told, around(t));
  t.deepEqual(failed, [refusing.hook, nobody, broken.hook]);
  t.is(good.heard.length, 1);
});

test("what a host says makes no headers", (t) => {
  const evil = letter("ops@rack.test", { ...told, about: "x\nBcc: all@rack.test" });
  const [headers = ""] = evil.split("\n\n");
  t.false(/^Bcc:/m.test(headers));
});
