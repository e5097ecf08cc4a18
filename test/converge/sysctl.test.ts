import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { planCatalogue } from "../../src/converge/plan.ts";
import { sysctl } from "../../src/converge/resources/sysctl.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

const live = (path: string) => readFileSync(`/proc/sys/${path}`, "utf8").trim().split(/\s+/).join(" ");

/** Only read: nothing of this machine's kernel is touched. */
for (const { name, start } of interpreters) {
  test(`${name}: live values are compared word by word; one that differs doesn't hide the others`, async (t) => {
    const { shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const key = "net.ipv4.tcp_rmem";
    t.false(existsSync(`/etc/sysctl.d/70-provision-${key}.conf`));
    const right = [sysctl(key, { value: live("net/ipv4/tcp_rmem") }), sysctl("kernel.ostype", { value: "Linux" })];
    const wrong = sysctl("net.ipv4.ip_default_ttl", { value: 63 });
    const changesOf = async (...resources: ReturnType<typeof sysctl>[]) =>
      (await planCatalogue(catalogueOf(resources), shell)).planned.map(({ item, changes }) => [
        item.title,
        changes.map(({ property }) => property),
      ]);
    t.deepEqual(await changesOf(...right), [
      [key, ["file"]],
      ["kernel.ostype", ["file"]],
    ]);
    t.deepEqual(await changesOf(...right, wrong), [
      [key, ["file"]],
      ["kernel.ostype", ["file"]],
      ["net.ipv4.ip_default_ttl", ["live", "file"]],
    ]);
    t.deepEqual(await changesOf(sysctl(key, { ensure: "absent" })), []);
  });
}
