import test from "ava";
import { address, arming, ask, client, fetchToken, hostKey, mac, openHouse, otherAddress, otherMac } from "./house.ts";

const nothing = (status: number) => `${status} nothing here`;

test("an armed machine gets its loader by architecture, and everything else its local disk", async (t) => {
  const house = await openHouse();
  const boot = (...wanted: Parameters<typeof client>) => house.service.boot(client(...wanted));
  t.deepEqual(boot("ipxe", 0), { kind: "none" });
  await house.intents.arm(arming());
  t.deepEqual(boot("pxe", 0), { kind: "tftp", file: "undionly.kpxe" });
  t.deepEqual(boot("pxe", 7), { kind: "tftp", file: "snponly.efi" });
  t.deepEqual(boot("pxe", 9), { kind: "tftp", file: "snponly.efi" });
  t.deepEqual(boot("http-boot", 16), { kind: "http", url: "http://10.77.0.1:8077/boot/loader/snponly.efi" });
  t.deepEqual(boot("ipxe", 0), { kind: "http", url: `http://10.77.0.1:8077/boot/ipxe?mac=${mac}` });
  t.deepEqual(boot("pxe", 11), { kind: "none" });
  t.deepEqual(boot("os"), { kind: "none" });
  t.deepEqual(boot("ipxe", 0, otherMac), { kind: "none" });
});

test("the deploy script is handed out once; the boot script may be asked for again until then", async (t) => {
  const house = await openHouse();
  await house.intents.arm(arming());
  const first = await fetchToken(house);
  const second = await fetchToken(house);
  t.not(first, second);
  t.is(await ask(house, `${first}/deploy.sh`), nothing(404), "the older token is no good any more");
  t.is(await ask(house, `${second}/deploy.sh`), `200 deploy ${second}`);
  t.is(await ask(house, `${second}/deploy.sh`), nothing(410));
  t.is(await ask(house, `/boot/ipxe?mac=${mac}`), "200 local");
});

test("of many requests at once, one gets the script", async (t) => {
  const house = await openHouse();
  await house.intents.arm(arming());
  const url = await fetchToken(house);
  const replies = await Promise.all(Array.from({ length: 50 }, () => ask(house, `${url}/deploy.sh`)));
  t.is(replies.filter((reply) => reply.startsWith("200")).length, 1);
  t.is(replies.filter((reply) => reply === nothing(410)).length, 49);
});

test("a profile that installs by answer file hands that out instead, once", async (t) => {
  const house = await openHouse({ method: "answer" });
  await house.intents.arm(arming());
  const url = await fetchToken(house);
  t.is(await ask(house, `${url}/deploy.sh`), nothing(404));
  t.is(await ask(house, `${url}/answer`), `200 answer ${url}`);
  t.is(await ask(house, `${url}/answer`), nothing(410));
});

const refusals: readonly [string, (url: string) => { url: string; method?: string; from?: string }, number][] = [
  ["another address", (url) => ({ url: `${url}/deploy.sh`, from: otherAddress }), 404],
  ["an address without a lease", (url) => ({ url: `${url}/deploy.sh`, from: "10.77.0.99" }), 404],
  ["an IPv6 address", (url) => ({ url: `${url}/deploy.sh`, from: "fd00:77::5" }), 404],
  ["a token that nobody has", (url) => ({ url: `${url.slice(0, -40)}${"0".repeat(40)}/deploy.sh` }), 404],
  ["a token cut short", (url) => ({ url: `${url.slice(0, -1)}/deploy.sh` }), 404],
  ["HEAD", (url) => ({ url: `${url}/deploy.sh`, method: "HEAD" }), 405],
  ["POST", (url) => ({ url: `${url}/deploy.sh`, method: "POST" }), 405],
  ["something else under the token", (url) => ({ url: `${url}/secrets` }), 404],
  ["something deeper", (url) => ({ url: `${url}/deploy.sh/x` }), 404],
  ["a loader that isn't one", () => ({ url: "/boot/loader/passwd" }), 404],
];

for (const [who, wrong, status] of refusals) {
  test(`refused, and the script is still there for its machine: ${who}`, async (t) => {
    const house = await openHouse();
    await house.intents.arm(arming());
    const url = await fetchToken(house);
    const { url: asked, ...rest } = wrong(url);
    t.is(await ask(house, asked, rest), nothing(status));
    t.is(await ask(house, `${url}/deploy.sh`), `200 deploy ${url}`);
  });
}

test("the lease's address now belongs to another MAC: nothing for it", async (t) => {
  const house = await openHouse();
  await house.intents.arm(arming());
  const url = await fetchToken(house);
  await house.leases.commit({ mac: otherMac, address, expiresAt: new Date(house.clock.now().getTime() + 1000) });
  t.is(await ask(house, `${url}/deploy.sh`), nothing(404));
  t.is(await ask(house, `/boot/ipxe?mac=${mac}`), "200 local");
});

const clocks: readonly [string, (house: Awaited<ReturnType<typeof openHouse>>) => Promise<void> | void, boolean][] = [
  ["just before it expires", ({ clock }) => clock.advance(599_000), true],
  ["when it has expired", ({ clock }) => clock.advance(600_000), false],
  ["with the wall clock ten years ahead", ({ clock }) => clock.stepWall(10 * 365 * 86_400_000), false],
  ["with the wall clock ten years behind", ({ clock }) => clock.stepWall(-10 * 365 * 86_400_000), false],
  ["with the wall clock set back a minute", ({ clock }) => clock.stepWall(-60_000), true],
];

for (const [when, change, served] of clocks) {
  test(`${when}, the install is ${served ? "" : "not "}served`, async (t) => {
    const house = await openHouse();
    await house.intents.arm(arming());
    const url = await fetchToken(house);
    await change(house);
    t.is((await ask(house, `/boot/ipxe?mac=${mac}`)).startsWith("200 install"), served);
    if (!served) t.regex(await ask(house, `${url}/deploy.sh`), /^4(04|10) nothing here$/);
    t.deepEqual(house.service.boot(client("ipxe", 0)).kind, served ? "http" : "none");
  });
}

test("an unknown MAC hears nothing; a known one that isn't armed gets its local disk, a hundred times", async (t) => {
  const house = await openHouse();
  t.is(await ask(house, "/boot/ipxe?mac=52:54:00:00:00:99"), nothing(404));
  t.is(await ask(house, "/boot/ipxe?mac=nonsense"), nothing(404));
  t.is(await ask(house, "/boot/ipxe"), nothing(404));
  await house.intents.arm(arming());
  const url = await fetchToken(house);
  await ask(house, `${url}/deploy.sh`);
  await ask(house, `${url}/done`, { method: "POST", body: `hostkey ${hostKey}\n` });
  for (let boot = 0; boot < 100; boot++) {
    t.is(await ask(house, `/boot/ipxe?mac=${mac}`), "200 local");
    t.deepEqual(house.service.boot(client("ipxe", 0)), { kind: "none" });
    t.is(await ask(house, `${url}/deploy.sh`), nothing(410));
  }
});

test("done is accepted once, only after the script was handed out, and only with a good key", async (t) => {
  const house = await openHouse();
  await house.intents.arm(arming());
  const url = await fetchToken(house);
  const done = (body: string, from?: string) =>
    ask(house, `${url}/done`, { method: "POST", body, ...(from ? { from } : {}) });
  t.is(await done(`hostkey ${hostKey}`), nothing(410));
  await ask(house, `${url}/deploy.sh`);
  for (const bad of ["", "hostkey", "hostkey ssh-ed25519 AAAA", `hostkey ${hostKey}\n$(reboot)`, hostKey])
    t.is(await done(bad), nothing(400), bad);
  t.is(await done(`hostkey ${hostKey}`, otherAddress), nothing(404));
  t.is(await done(`hostkey ${hostKey} root@web01\n`), "200 ok");
  t.is(await done("hostkey something else"), "200 ok", "a lost answer may be asked for again; it changes nothing");
  const intent = await house.intents.find("web01", 1);
  t.deepEqual(intent?.outcome, { kind: "done", hostKeys: [hostKey] });
  t.deepEqual(
    house.reports.map((report) => (report.kind === "milestone" ? report.name : report.kind)),
    ["boot-script", "deploy-started", "deploy-done", "outcome"],
  );
});

test("what a machine says is cleaned and cut before anybody sees it", async (t) => {
  const house = await openHouse();
  await house.intents.arm(arming());
  const url = await fetchToken(house);
  await ask(house, `${url}/deploy.sh`);
  const post = (what: string, body: string) => ask(house, `${url}/${what}`, { method: "POST", body });
  house.reports.length = 0;
  await post("milestone", "partitioned \u001b[2Jsda\r\u202esdb\nmade-up \u0007hello\n");
  t.is(await post("progress", "image-written 10 100"), "200 ok");
  t.is(await post("progress", "image-written 200 100"), nothing(400));
  t.is(await post("progress", "__proto__ 1 2"), nothing(400));
  await post("failed", `\u001b]0;x\u0007\n${"A".repeat(5000)}\n<script>alert(1)</script>\u0000`);
  const [milestone, line, progress, outcome] = house.reports;
  t.like(milestone, { kind: "milestone", name: "partitioned", text: "[2Jsda  sdb" });
  t.like(line, { kind: "line", text: "made-up  hello" });
  t.like(progress, { kind: "progress", doneBytes: 10, totalBytes: 100 });
  t.is(outcome?.kind === "outcome" && outcome.outcome.kind === "failed" && outcome.outcome.code, "installer-failed");
  t.notRegex(JSON.stringify(house.reports), /\\u00[01]/);
  t.true(JSON.stringify(outcome).length < 1000);
  t.is(await ask(house, `${url}/deploy.sh`), nothing(410));
});

const starts: readonly (readonly [path: string, milestone: string | undefined])[] = [
  ["/images/abc/vmlinuz", "kernel"],
  ["/images/abc/ramdisk.cpio", "ramdisk"],
  ["/images/abc/root.img", undefined],
  ["/installers/debian-12/linux", "kernel"],
  ["/installers/debian-12/initrd.gz", "ramdisk"],
  ["/packages/rocky/9/BaseOS/x86_64/os/images/pxeboot/vmlinuz", "kernel"],
  ["/packages/rocky/9/BaseOS/x86_64/os/images/pxeboot/initrd.img", "ramdisk"],
  ["/packages/debian/pool/main/l/linux/linux-image.deb", undefined],
  ["/elsewhere/vmlinuz", undefined],
];

for (const [path, milestone] of starts) {
  test(`a machine under installation fetches ${path}: ${milestone ?? "no milestone"}`, async (t) => {
    const house = await openHouse();
    await house.intents.arm(arming());
    const { observe } = house.service;
    observe.dhcp({ kind: "ack", mac, client: client("ipxe", 0, mac) });
    observe.http({ kind: "request", method: "GET", status: 200, aborted: false, path, remoteAddress: address });
    const names = house.reports.map((report) => (report.kind === "milestone" ? report.name : report.kind));
    t.deepEqual(names, milestone ? ["dhcp-ack", milestone] : ["dhcp-ack"]);
  });
}

test("the servers' events become milestones of the machine under installation only", async (t) => {
  const house = await openHouse();
  const { observe } = house.service;
  const names = () => house.reports.map((report) => (report.kind === "milestone" ? report.name : report.kind));
  const dhcp = (kind: "discover" | "ack", from: "ipxe" | "os", whose = mac) =>
    observe.dhcp({ kind, mac: whose, client: client(from, 0, whose) });
  dhcp("discover", "ipxe");
  t.deepEqual(names(), []);
  await house.intents.arm(arming());
  dhcp("discover", "ipxe", otherMac);
  dhcp("discover", "ipxe");
  dhcp("ack", "ipxe");
  observe.tftp({ kind: "done", file: "undionly.kpxe", client: address });
  observe.tftp({ kind: "done", file: "undionly.kpxe", client: otherAddress });
  const get = { kind: "request", method: "GET", status: 200, aborted: false };
  observe.http({ ...get, path: "/images/abc/vmlinuz", remoteAddress: address });
  observe.http({ ...get, path: "/images/abc/ramdisk.cpio", remoteAddress: `::ffff:${address}` });
  observe.http({ ...get, path: "/images/abc/vmlinuz", remoteAddress: address, aborted: true });
  dhcp("ack", "os");
  t.deepEqual(names(), ["dhcp-discover", "dhcp-ack", "loader", "kernel", "ramdisk"]);
  const url = await fetchToken(house);
  await ask(house, `${url}/deploy.sh`);
  await ask(house, `${url}/done`, { method: "POST", body: `hostkey ${hostKey}` });
  house.reports.length = 0;
  dhcp("ack", "os");
  dhcp("ack", "ipxe");
  t.deepEqual(names(), ["dhcp-os"]);
});
