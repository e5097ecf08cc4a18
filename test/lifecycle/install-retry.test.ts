import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { createFakeBmc, createWorld, openStory, pass, playNetboot, request, until } from "./story.ts";

const begin = async (story: Awaited<ReturnType<typeof openStory>>, parameters = {}) =>
  story.lifecycle.begin("web01", "install", { by: "ann", parameters });

interface Retry {
  readonly story: string;
  /** What the retry comes to: it is let through, or refused. */
  readonly second: "goes on" | "node-is-running";
  readonly parameters?: { reinstall: boolean };
  play(story: Awaited<ReturnType<typeof openStory>>, world: ReturnType<typeof createWorld>): Promise<void>;
}

const failed = (code: string) => `${code}\nit says so\n`;

const retries: readonly Retry[] = [
  { story: "sent no DHCP request", second: "goes on", play: async () => {} },
  {
    story: "stopped after its boot script",
    second: "goes on",
    play: async (story) => void (await playNetboot(story)),
  },
  {
    story: "was cancelled before its deploy script",
    second: "goes on",
    play: async (story) => void (await story.lifecycle.cancel("web01", "ann")),
  },
  {
    story: "did not find a disk",
    second: "goes on",
    play: async (story) => {
      const url = await playNetboot(story);
      await story.boot.answerHttp(request("GET", `${url}/deploy.sh`));
      await story.boot.answerHttp(request("POST", `${url}/failed`, { body: failed("disk-not-found") }));
    },
  },
  {
    story: "found somebody's system on a disk, and may have started it",
    second: "node-is-running",
    play: async (story) => {
      const url = await playNetboot(story);
      await story.boot.answerHttp(request("GET", `${url}/deploy.sh`));
      await story.boot.answerHttp(request("POST", `${url}/failed`, { body: failed("disk-not-empty") }));
    },
  },
  {
    story: "fetched its deploy script and was never heard of again",
    second: "node-is-running",
    play: async (story) => {
      await story.boot.answerHttp(request("GET", `${await playNetboot(story)}/deploy.sh`));
    },
  },
  {
    story: "fetched its deploy script and was cancelled at once",
    second: "node-is-running",
    play: async (story) => {
      await story.boot.answerHttp(request("GET", `${await playNetboot(story)}/deploy.sh`));
      await story.lifecycle.cancel("web01", "ann");
    },
  },
];

for (const { story: told, second, play } of retries) {
  test(`an install after one that ${told}: ${second}`, async (t) => {
    const [clock, world] = [createFakeClock(), createWorld()];
    const story = await openStory({ clock, world });
    const first = await begin(story);
    t.true(await until(clock, () => world.isOn()));
    await pass(clock, 1000);
    await play(story, world);
    let over = false;
    void first.finished.then(() => {
      over = true;
    });
    t.true(await until(clock, () => over, 800_000));
    t.true(world.isOn());
    world.log.length = 0;
    const again = await begin(story);
    await pass(clock, 5000);
    if (second === "goes on") return t.deepEqual(world.log, ["boot-pxe", "power-off", "power-on"]);
    t.is((await again.finished).error?.code, second);
    t.deepEqual(world.log, []);
  });
}

test("a machine that ran before us stays refused, however often it is asked for", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  world.setOn(true);
  const story = await openStory({ clock, world });
  for (let tries = 0; tries < 3; tries++) {
    const operation = await begin(story);
    await pass(clock, 3000);
    t.is((await operation.finished).error?.code, "node-is-running");
  }
  t.deepEqual(world.log, []);
});

test("a failure before the power order in between doesn't hide that the machine is on by our doing", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  let silent = false;
  const ping = async () => {
    if (silent) throw new Error("no answer");
    return {};
  };
  const story = await openStory({ clock, world, bmc: { ...createFakeBmc(world), ping } });
  for (const mute of [false, true]) {
    silent = mute;
    const operation = await begin(story);
    await pass(clock, 5000);
    if (!mute) await story.lifecycle.cancel("web01", "ann");
    await operation.finished;
  }
  silent = false;
  world.log.length = 0;
  await begin(story);
  await pass(clock, 5000);
  t.deepEqual(world.log, ["boot-pxe", "power-off", "power-on"]);
});
