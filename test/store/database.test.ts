import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createFakeClock, systemClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { type Migration, openDatabase } from "../../src/store/database.ts";
import { isConflict } from "../../src/store/sqlite.ts";

interface Tables {
  notes: { id: string; text: string };
}

const notes: Migration = {
  name: "notes-0001",
  up: (db) =>
    db.schema
      .createTable("notes")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("text", "text")
      .execute(),
};
const later: Migration = {
  name: "notes-0002",
  up: (db) => db.schema.alterTable("notes").addColumn("more", "text").execute(),
};

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "provision-store-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const open = (file: string, migrations = [notes]) => openDatabase({ file, migrations, clock: systemClock });
const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => (error instanceof ProvisionError ? error.code : error),
  );

test("what was committed is there after the next start, and migrations run once", async (t) => {
  const file = join(folder(t), "site.db");
  const first = await open(file);
  await first.tables<Tables>().insertInto("notes").values({ id: "a", text: "kept" }).execute();
  await first.close();
  const second = await open(file, [notes, later]);
  t.deepEqual(await second.tables<Tables>().selectFrom("notes").select("text").execute(), [{ text: "kept" }]);
  await second.close();
});

test("a commit survives kill -9 at once", async (t) => {
  const file = join(folder(t), "site.db");
  await (await open(file)).close();
  const script = `
    import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, "../../src/store/database.ts"))};
    import { systemClock } from ${JSON.stringify(join(import.meta.dirname, "../../src/clock.ts"))};
    const migrations = [{ name: "notes-0001", up: async () => {} }];
    const db = await openDatabase({ file: ${JSON.stringify(file)}, migrations, clock: systemClock });
    await db.tables().insertInto("notes").values({ id: "k", text: "durable" }).execute();
    process.kill(process.pid, "SIGKILL");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const signal = await new Promise((resolve) => child.on("exit", (_code, name) => resolve(name)));
  t.is(signal, "SIGKILL");
  const again = await open(file);
  t.is((await again.tables<Tables>().selectFrom("notes").selectAll().execute()).length, 1);
  await again.close();
});

test("a database written by a newer version is refused, and left as it was", async (t) => {
  const file = join(folder(t), "site.db");
  await (await open(file, [notes, later])).close();
  t.is(await codeOf(open(file, [notes])), "database-newer");
  t.is(await codeOf(open(file, [notes, later]).then((db) => db.close())), undefined);
});

test("a migration that fails leaves nothing behind", async (t) => {
  const file = join(folder(t), "site.db");
  const broken: Migration = {
    name: "broken",
    up: async (db) => {
      await db.schema.createTable("half").addColumn("id", "text").execute();
      throw new Error("stop");
    },
  };
  await t.throwsAsync(open(file, [notes, broken]), { message: "stop" });
  const db = await open(file);
  t.deepEqual(
    (await db.tables<Tables>().introspection.getTables()).filter((table) => table.name === "half"),
    [],
  );
  await db.close();
});

test("unusable places and files have their errors", async (t) => {
  const path = folder(t);
  t.is(await codeOf(open(join(path, "missing", "site.db"))), "database-unusable");
  execFileSync("dd", ["if=/dev/urandom", `of=${join(path, "noise.db")}`, "bs=4096", "count=2", "status=none"]);
  t.is(await codeOf(open(join(path, "noise.db"))), "database-corrupt");
});

test("a lock held by another process is named, after a wait", async (t) => {
  const file = join(folder(t), "site.db");
  const [holder, other] = [await open(file), await open(file)];
  await holder
    .tables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      await transaction.insertInto("notes").values({ id: "a", text: "" }).execute();
      t.is(
        await codeOf(other.tables<Tables>().insertInto("notes").values({ id: "b", text: "" }).execute()),
        "database-locked",
      );
    });
  t.is(await codeOf(other.tables<Tables>().insertInto("notes").values({ id: "b", text: "" }).execute()), undefined);
  await Promise.all([holder.close(), other.close()]);
});

test("two transactions of one process run one after the other; the second may read and then write", async (t) => {
  const file = join(folder(t), "site.db");
  const [one, two] = [await open(file), await open(file)];
  const append = (db: typeof one) =>
    db
      .tables<Tables>()
      .transaction()
      .execute(async (transaction) => {
        const all = await transaction.selectFrom("notes").selectAll().execute();
        await transaction
          .insertInto("notes")
          .values({ id: String(all.length), text: "" })
          .execute();
      });
  for (let round = 0; round < 5; round++) await Promise.all([append(one), append(one)]);
  for (let round = 0; round < 5; round++) {
    await append(one);
    await append(two);
  }
  t.is((await one.tables<Tables>().selectFrom("notes").selectAll().execute()).length, 20);
  await Promise.all([one.close(), two.close()]);
});

test("a full disk is an error that can be retried; reads go on, and so do writes once there is room", async (t) => {
  const mount = folder(t);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=400k", "provision-store", mount]);
  t.teardown(() => void execFileSync("umount", ["-l", mount]));
  const db = await open(join(mount, "site.db"));
  const write = (id: string, size: number) =>
    db
      .tables<Tables>()
      .insertInto("notes")
      .values({ id, text: "x".repeat(size) })
      .execute();
  await write("before", 10);
  execFileSync("sh", ["-c", `dd if=/dev/zero of=${mount}/filler bs=1k count=1000 status=none || true`], {
    stdio: "ignore",
  });
  t.is(await codeOf(write("big", 300_000)), "database-full");
  t.is((await db.tables<Tables>().selectFrom("notes").selectAll().execute()).length, 1);
  rmSync(join(mount, "filler"));
  await write("after", 10);
  t.is((await db.tables<Tables>().selectFrom("notes").selectAll().execute()).length, 2);
  await db.close();
});

test("a duplicate is the caller's own matter", async (t) => {
  const db = await openDatabase({ file: ":memory:", migrations: [notes], clock: createFakeClock() });
  const insert = () => db.tables<Tables>().insertInto("notes").values({ id: "a", text: "" }).execute();
  await insert();
  const error = await t.throwsAsync(insert());
  t.true(isConflict(error));
  await db.close();
});

const stories: readonly [string, (path: string) => Promise<void>, boolean][] = [
  ["an ordinary restart", async () => {}, false],
  ["a backup of the database put back", async (path) => copy(path, "backup", "state"), true],
  ["the database copied without its witness", async (path) => rmSync(join(path, "state/site.db.epoch")), true],
  [
    "the whole directory copied elsewhere",
    async (path) => {
      copy(path, "state", "clone");
      rmSync(join(path, "state"), { recursive: true });
      copy(path, "clone", "state");
    },
    true,
  ],
];

const copy = (path: string, from: string, to: string) => cpSync(join(path, from), join(path, to), { recursive: true });

for (const [story, act, restored] of stories) {
  test(`epoch: ${story} is ${restored ? "noticed" : "nothing new"}`, async (t) => {
    const path = folder(t);
    execFileSync("mkdir", [join(path, "state"), join(path, "backup")]);
    const file = join(path, "state/site.db");
    const first = await open(file);
    t.false(first.epoch.restored);
    await first.epoch.advance();
    await first.close();
    for (const name of readdirSync(join(path, "state")).filter((name) => !name.endsWith(".epoch"))) {
      cpSync(join(path, "state", name), join(path, "backup", name));
    }
    const second = await open(file);
    t.false(second.epoch.restored);
    await second.epoch.advance();
    await second.close();
    await act(path);
    const third = await open(file);
    t.is(third.epoch.restored, restored);
    t.is(third.epoch.id === first.epoch.id, !restored);
    await third.close();
    const fourth = await open(file);
    t.false(fourth.epoch.restored);
    await fourth.close();
  });
}
