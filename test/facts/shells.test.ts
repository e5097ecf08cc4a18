import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { observe } from "../../src/converge/observation.ts";
import { factNames } from "../../src/facts/list.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import { makeScratch } from "../converge/scratch.ts";

/** This machine's facts by each shell, beside what other programs say of the same. */
const local = createLocalShell({ clock });
const told = async (...argv: string[]) => (await local.run({ argv })).stdout.trim();

for (const [says, interpreter] of [
  ["dash", ["sh"]],
  ["busybox", ["busybox", "sh"]],
] as const) {
  test(`this machine's facts, read by ${says}, are what its own tools say`, async (t) => {
    const scratch = makeScratch(interpreter);
    t.teardown(() => scratch.remove());
    const { facts } = await observe([], scratch.shell, { facts: factNames });
    t.is(facts.kernel, await told("uname", "-r"));
    t.is(facts.hostname, await told("uname", "-n"));
    // Loop devices come and go with other tests.
    const lasting = (names: readonly string[]) => [...new Set(names.filter((name) => !name.startsWith("loop")))].sort();
    const tree = (await told("lsblk", "-n", "-l", "-o", "NAME")).split("\n");
    t.deepEqual(lasting(facts.blocks?.map(({ name }) => name) ?? []), lasting(tree));
    t.is(facts.cpus, Number(await told("nproc", "--all")));
    t.is(facts.cpu?.threads, facts.cpus);
    const cores = (await told("lscpu", "-p=CORE,SOCKET")).split("\n").filter((line) => !line.startsWith("#"));
    t.is(facts.cpu?.cores, new Set(cores).size);
    t.is(facts.memory?.totalBytes, facts.memoryBytes);
    const lsblk = JSON.parse(await told("lsblk", "-J", "-b", "-d", "-e", "1,2,7,9,11,43,254", "-o", "NAME,SIZE"));
    const real = (one: { name: string; size: number }) => one.size > 0 && !/^(zram|nbd|dm-)/.test(one.name);
    const disks = (lsblk.blockdevices ?? [])
      .filter(real)
      .map((one: { name: string; size: number }) => `${one.name} ${one.size}`);
    const ours = facts.disks?.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`) ?? [];
    for (const disk of disks) t.true(ours.includes(disk), `${disk} of ${ours}`);
    t.is(
      facts.mounts?.filter(({ path }) => path === "/").at(-1)?.type,
      await told("findmnt", "-n", "-o", "FSTYPE", "/"),
    );
    const links: { ifname: string; address: string; addr_info: { local: string; prefixlen: number }[] }[] = JSON.parse(
      await told("ip", "-j", "addr", "show"),
    );
    for (const { ifname, address, addr_info } of links.filter((link) => link.ifname !== "lo")) {
      const found = facts.network?.interfaces.find(({ name }) => name === ifname);
      t.is(found?.mac, address);
      t.deepEqual(
        found?.addresses,
        addr_info.map((one) => `${one.local}/${one.prefixlen}`),
      );
    }
    t.is(facts.packages?.dpkg, await told("dpkg-query", "-W", "-f", `\${Version}`, "dpkg"));
    t.is(
      Object.keys(facts.packages ?? {}).length,
      new Set((await told("dpkg-query", "-W", "-f", `\${db:Status-Abbrev}\${Package}\\n`)).match(/(?<=^.i. *)\S+/gm))
        .size,
    );
  });
}
