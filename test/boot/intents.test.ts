import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { intentStates, intentTransitions } from "../../src/boot/intent.ts";
import { createFakeClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { address, arming, ask, fetchToken, hostKey, mac, openHouse, otherAddress, otherMac } from "./house.ts";

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "fine",
    (error) => (error instanceof ProvisionError ? error.code : String(error)),
  );

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "provision-boot-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("each event of the table leads to one state, and what is over stays over", (t) => {
  const targets = new Map<string, Set<string>>();
  for (const state of intentStates)
    for (const [event, target] of Object.entries(intentTransitions[state])) {
      targets.set(event, (targets.get(event) ?? new Set()).add(target));
    }
  for (const [event, reached] of targets) t.is(reached.size, 1, event);
  for (const over of ["done", "cancelled", "expired"] as const) t.deepEqual(intentTransitions[over], {});
  t.false("hand" in intentTransitions.consumed || "consume" in intentTransitions.consumed);
});

test("only the token's hash is stored, and it has 160 bits", async (t) => {
  const file = join(folder(t), "site.db");
  const house = await openHouse({ file });
  await house.intents.arm(arming());
  const token = (await fetchToken(house)).slice(-40);
  await house.database.close();
  t.regex(token, /^[0-9a-f]{40}$/);
  t.false(readFileSync(file).includes(token));
});

test("arming again in the same generation is the same intent; a new generation needs the old one gone", async (t) => {
  const house = await openHouse();
  const first = await house.intents.arm(arming(1));
  t.is((await house.intents.arm(arming(1))).id, first.id);
  t.is(await codeOf(house.intents.arm(arming(2))), "already-armed");
  t.is(await codeOf(house.intents.arm({ ...arming(1), node: "web02" })), "already-armed", "one MAC, two nodes");
  await house.intents.cancel("web01");
  t.is(await codeOf(house.intents.arm(arming(1))), "intent-spent");
  house.situation.of = { operation: { kind: "install", generation: 2 } };
  await house.intents.arm(arming(2));
  t.true((await ask(house, `/boot/ipxe?mac=${mac}`)).startsWith("200 install"));
});

test("a token of an earlier generation never works again", async (t) => {
  const house = await openHouse();
  await house.intents.arm(arming(1));
  const old = await fetchToken(house);
  await house.intents.cancel("web01");
  house.situation.of = { operation: { kind: "install", generation: 2 } };
  await house.intents.arm(arming(2));
  await fetchToken(house);
  t.regex(await ask(house, `${old}/deploy.sh`), /^4/);
  t.regex(await ask(house, `${old}/done`, { method: "POST", body: `hostkey ${hostKey}` }), /^4/);
});

test("after a restart an intent sleeps until its operation is resumed", async (t) => {
  const clock = createFakeClock();
  const first = await openHouse({ clock });
  await first.intents.arm(arming());
  const url = await fetchToken(first);
  const second = await openHouse({ clock, database: first.database, instance: "two" });
  t.is(await ask(second, `/boot/ipxe?mac=${mac}`), "200 local");
  t.is(await ask(second, `${url}/deploy.sh`), "404 nothing here");
  await second.intents.resume("web01", 1);
  t.is(await ask(first, `/boot/ipxe?mac=${mac}`), "200 local", "the old controller has lost it");
  t.is(await ask(second, `${url}/deploy.sh`), `200 deploy ${url}`);
  t.is(await ask(first, `${url}/deploy.sh`), "410 nothing here");
});

test("cancel from another process is heeded at once", async (t) => {
  const clock = createFakeClock();
  const first = await openHouse({ clock });
  await first.intents.arm(arming());
  const url = await fetchToken(first);
  const other = await openHouse({ clock, database: first.database, instance: "two" });
  await other.intents.cancel("web01");
  t.is(await ask(first, `/boot/ipxe?mac=${mac}`), "200 local");
  t.is(await ask(first, `${url}/deploy.sh`), "410 nothing here");
});

test("a restored backup that holds an armed intent installs nothing, even when its operation is resumed", async (t) => {
  const clock = createFakeClock();
  const path = folder(t);
  const file = join(path, "site.db");
  const first = await openHouse({ clock, file });
  await first.intents.arm(arming());
  const url = await fetchToken(first);
  await first.database.close();
  cpSync(file, join(path, "backup"));
  const second = await openHouse({ clock, file, instance: "two" });
  await second.intents.resume("web01", 1);
  t.is(await ask(second, `${url}/deploy.sh`), `200 deploy ${url}`);
  await second.database.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  cpSync(join(path, "backup"), file);
  const third = await openHouse({ clock, file, instance: "three" });
  t.true(third.database.epoch.restored);
  await third.intents.resume("web01", 1);
  t.is(await ask(third, `/boot/ipxe?mac=${mac}`), "200 local");
  t.is(await ask(third, `${url}/deploy.sh`), "410 nothing here");
  await third.database.close();
});

test("leases outlive the process; a MAC and an address have one each", async (t) => {
  const clock = createFakeClock();
  const file = join(folder(t), "site.db");
  const first = await openHouse({ clock, file });
  const expiresAt = new Date("2026-01-01T01:00:00Z");
  await first.leases.commit({ mac: otherMac, address, expiresAt, hostName: "web02" });
  t.is(first.leases.byMac(mac), undefined, "its address went to another");
  t.is(first.leases.byAddress(otherAddress), undefined);
  await first.database.close();
  const { createLeases } = await import("../../src/boot/leases.ts");
  const { openDatabase } = await import("../../src/store/database.ts");
  const { bootMigrations } = await import("../../src/boot/tables.ts");
  const database = await openDatabase({ file, clock, migrations: bootMigrations });
  const leases = await createLeases(database);
  t.deepEqual(leases.all(), [{ mac: otherMac, address, expiresAt, hostName: "web02" }]);
  await leases.release(otherMac);
  t.deepEqual(leases.all(), []);
  t.deepEqual((await createLeases(database)).all(), []);
  await database.close();
});

test("a lease that could not be written is not known", async (t) => {
  const house = await openHouse();
  await house.leases.release(otherMac);
  await house.database.close();
  await t.throwsAsync(house.leases.commit({ mac: otherMac, address: otherAddress, expiresAt: new Date(0) }));
  t.is(house.leases.byMac(otherMac), undefined);
});
