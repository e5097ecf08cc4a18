import { appendFileSync, existsSync, readFileSync } from "node:fs";
import BetterSqlite3 from "better-sqlite3";
import type { BootDevice } from "../../src/bmc/driver.ts";
import { systemClock } from "../../src/clock.ts";
import { openStory, playDeploy, playNetboot, type World } from "./story.ts";

/**
 * One life of a controller, for the test that kills it: `crash-story.ts FOLDER [KILL_AT before|after]`. What is done to
 * the world goes into a file; the machine is played from what the file says. At the KILL_AT-th commit it dies of SIGKILL.
 */
export function createFileWorld(file: string): World {
  const lines = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []);
  const last = (prefix: string) =>
    lines()
      .findLast((line) => line.startsWith(prefix))
      ?.slice(prefix.length);
  return {
    did: (what) => appendFileSync(file, `${what}\n`),
    isOn: () => last("power-") === "on",
    setOn: () => {},
    get boot(): BootDevice {
      return { device: (last("boot-") ?? "none") as BootDevice["device"], persistent: false, efi: false };
    },
    set boot(_device: BootDevice) {
      // Read back from the file, where `did` has put it.
    },
  };
}

/** Counts what makes something durable: a commit, or a write outside of a transaction. */
export function atCommit(act: (count: number, when: "before" | "after") => void): void {
  let count = 0;
  const { prepare } = BetterSqlite3.prototype;
  BetterSqlite3.prototype.prepare = function (this: BetterSqlite3.Database, sql: string) {
    const statement = prepare.call(this, sql);
    const lone = /^(insert|update|delete|replace)/i.test(sql) && !this.inTransaction;
    if (sql !== "commit" && !lone) return statement;
    const wrap = (name: "run" | "all") => {
      const original = statement[name].bind(statement) as (...parameters: unknown[]) => unknown;
      Object.defineProperty(statement, name, {
        value: (...parameters: unknown[]) => {
          count++;
          act(count, "before");
          const result = original(...parameters);
          act(count, "after");
          return result;
        },
      });
    };
    wrap("run");
    if (statement.reader) wrap("all");
    return statement;
  } as typeof prepare;
}

async function live(folder: string, killAt: number, killWhen: string): Promise<void> {
  atCommit((count, when) => {
    if (count === killAt && when === killWhen) process.kill(process.pid, "SIGKILL");
  });
  const world = createFileWorld(`${folder}/world`);
  const times = { noDhcpMs: 1500, stallFloorMs: 1500, stallFactor: 0, powerMs: 3000 };
  const instance = String(process.pid);
  const story = await openStory({
    clock: systemClock,
    world,
    file: `${folder}/site.db`,
    instance,
    times,
    ownerGone: (owner) => owner !== instance,
  });
  const [resumed] = await story.lifecycle.recover();
  const known = (await story.lifecycle.status("web01"))?.operation;
  const operation = resumed ?? (known ? undefined : await story.lifecycle.begin("web01", "install", { by: "ann" }));
  let over = operation === undefined;
  void operation?.finished.then(() => {
    over = true;
  });
  const callOff = systemClock.after(20_000, () => process.exit(3));
  await playMachine(story, world, () => over);
  callOff();
  const { state, error } = (await story.lifecycle.status("web01"))?.operation ?? {};
  const armed = (await story.intents.find("web01", 1))?.state;
  process.stdout.write(`${JSON.stringify({ state, code: error?.code, armed, boot: world.boot.device })}\n`);
  await story.lifecycle.close();
  await story.database.close();
}

/** The machine asks for its script once it is on, and for the deploy script with each token that it gets. */
async function playMachine(
  story: Awaited<ReturnType<typeof openStory>>,
  world: World,
  over: () => boolean,
): Promise<void> {
  let deployed = false;
  while (!over()) {
    await systemClock.sleep(20);
    if (!world.isOn() || deployed) continue;
    const url = await playNetboot(story);
    if (url.startsWith("http")) deployed = (await playDeploy(story, url, world)) !== "";
  }
}

const [folder, killAt, killWhen = ""] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && folder) await live(folder, Number(killAt ?? 0), killWhen);
