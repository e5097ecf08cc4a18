import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { createFakeClock, type FakeClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import {
  bodyOf,
  createFakeBmc,
  createWorld,
  dhcpSeen,
  hostKey,
  openStory,
  pass,
  playDeploy,
  playNetboot,
  request,
  until,
} from "./story.ts";

const begin = async (story: Awaited<ReturnType<typeof openStory>>, parameters = {}) =>
  story.lifecycle.begin("web01", "install", { by: "ann", parameters });

test("a powered-off machine becomes ready, and is powered on and deployed once", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  const story = await openStory({ clock, world });
  const operation = await begin(story);
  t.true(await until(clock, () => world.isOn()));
  await pass(clock, 1000);
  const url = await playNetboot(story);
  t.is(await playDeploy(story, url, world), "200 ok");
  await pass(clock, 10_000);
  t.deepEqual(await operation.finished, { state: "done" });
  t.deepEqual(world.log, ["boot-pxe", "power-on", "deploy", "boot-none"]);
  const status = await story.lifecycle.status("web01");
  t.is(status?.node.phase, "ready");
  t.is(status?.node.condition.state, "ok");
  t.deepEqual(await story.lifecycle.hostKeys("web01"), [hostKey]);
  t.is(
    status?.operation?.steps.every((step) => step.state === "done"),
    true,
  );
  const history = await story.lifecycle.history("web01");
  const milestones = history.flatMap((event) => (event.kind === "milestone" ? [event.name] : []));
  t.deepEqual(milestones, [
    "dhcp-discover",
    "dhcp-ack",
    "boot-script",
    "deploy-started",
    "disks-found",
    "image-written",
    "deploy-done",
    "ssh-answers",
  ]);
});

interface Failure {
  readonly story: string;
  readonly code: string;
  readonly last?: string;
  readonly next?: string;
  readonly parameters?: { reinstall: boolean };
  before?(world: ReturnType<typeof createWorld>): void;
  play?(
    story: Awaited<ReturnType<typeof openStory>>,
    world: ReturnType<typeof createWorld>,
    clock: FakeClock,
  ): Promise<void>;
}

const failures: readonly Failure[] = [
  { story: "no DHCP request comes", code: "no-network-boot", last: "power-on", next: "dhcp-discover" },
  {
    story: "it stops after its address",
    code: "boot-stalled",
    last: "dhcp-ack",
    next: "boot-script",
    play: async ({ boot }) => {
      boot.observe.dhcp(dhcpSeen("discover", "ipxe"));
      boot.observe.dhcp(dhcpSeen("ack", "ipxe"));
    },
  },
  {
    story: "it boots over and over again and never fetches its deploy script",
    code: "boot-stalled",
    last: "boot-script",
    play: async (story, _world, clock) => {
      for (let boot = 0; boot < 40; boot++) {
        await playNetboot(story);
        await pass(clock, 10_000, 1000);
      }
    },
  },
  {
    story: "a disk isn't there",
    code: "disk-not-found",
    last: "deploy-started",
    play: async (story) => {
      const url = await playNetboot(story);
      await story.boot.answerHttp(request("GET", `${url}/deploy.sh`));
      await story.boot.answerHttp(
        request("POST", `${url}/failed`, { body: "disk-not-found\nNo disk matches serial=X\n" }),
      );
    },
  },
  {
    story: "power fails in the middle of the deploy",
    code: "machine-restarted",
    last: "partitioned",
    play: async (story) => {
      const url = await playNetboot(story);
      await story.boot.answerHttp(request("GET", `${url}/deploy.sh`));
      await story.boot.answerHttp(request("POST", `${url}/milestone`, { body: "partitioned" }));
      story.boot.observe.dhcp(dhcpSeen("discover", "ipxe"));
    },
  },
  {
    story: "the done callback is lost",
    code: "boot-stalled",
    last: "boot-loader",
    next: "deploy-done",
    play: async (story) => {
      const url = await playNetboot(story);
      await story.boot.answerHttp(request("GET", `${url}/deploy.sh`));
      await story.boot.answerHttp(request("POST", `${url}/milestone`, { body: "boot-loader" }));
    },
  },
  { story: "an unknown machine is running", code: "node-is-running", before: (world) => world.setOn(true) },
];

for (const failure of failures) {
  test(`fails with ${failure.code} when ${failure.story}, and leaves nothing armed`, async (t) => {
    const [clock, world] = [createFakeClock(), createWorld()];
    failure.before?.(world);
    const story = await openStory({ clock, world });
    const operation = await begin(story, failure.parameters);
    await pass(clock, 3000);
    await failure.play?.(story, world, clock);
    let outcome: Awaited<typeof operation.finished> | undefined;
    void operation.finished.then((ended) => {
      outcome = ended;
    });
    await until(clock, () => outcome !== undefined, 800_000);
    t.is(outcome?.state, "failed");
    t.is(outcome?.error?.code, failure.code);
    t.true((outcome?.error?.hint.length ?? 0) > 10);
    if (failure.last) t.is(outcome?.error?.lastMilestone, failure.last);
    if (failure.next) t.is(outcome?.error?.nextExpected, failure.next);
    const intent = await story.intents.find("web01", 1);
    t.true(intent === undefined || intent.state === "cancelled");
    t.is(world.boot.device, "none");
    t.is((await story.lifecycle.status("web01"))?.node.phase, "unknown");
    t.is((await story.lifecycle.status("web01"))?.node.condition.code, failure.code);
    t.is(bodyOf(await story.boot.answerHttp(request("GET", "/boot/ipxe?mac=52:54:00:77:00:01"))), "200 #!ipxe local");
  });
}

test("a BMC that is silent for a moment is asked again; one that stays silent ends it", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  const record = {
    code: "bmc-unreachable",
    message: "no answer",
    hint: "look",
    fault: "environment",
    retry: true,
  } as const;
  let failing = 2;
  const good = createFakeBmc(world);
  const ping = async () => {
    if (failing-- > 0) throw new ProvisionError(record);
    return {};
  };
  const story = await openStory({ clock, world, bmc: { ...good, ping } });
  const first = await begin(story);
  t.true(await until(clock, () => world.isOn()));
  const steps = (await story.lifecycle.status("web01"))?.operation?.steps ?? [];
  t.is(steps.find((step) => step.name === "bmc-reachable")?.attempt, 3);
  t.is((await story.lifecycle.status("web01"))?.node.bmc, "ok");
  await story.lifecycle.cancel("web01", "bob");
  t.is((await first.finished).state, "cancelled");
  failing = 100;
  world.setOn(false);
  const second = await begin(story);
  await pass(clock, 20_000);
  t.is((await second.finished).error?.code, "bmc-unreachable");
  t.is((await story.lifecycle.status("web01"))?.node.bmc, "unreachable");
});

test("a running machine is only reinstalled on request: off, then on, never cycled", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  world.setOn(true);
  const story = await openStory({ clock, world });
  await begin(story, { reinstall: true });
  await pass(clock, 5000);
  t.deepEqual(world.log, ["boot-pxe", "power-off", "power-on"]);
  t.true((await story.intents.find("web01", 1))?.erase);
});

test("a mistake in what it would be handed is found before its BMC is asked", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  const mistake = {
    code: "template-undefined",
    message: "roles/base/templates/motd.ejs:3: it.nam is not defined",
    hint: "correct it",
    fault: "input",
    retry: false,
  } as const;
  const rehearse = async () => {
    throw new ProvisionError(mistake);
  };
  const bmc = { ...createFakeBmc(world), ping: async () => t.fail("the BMC was asked") as never };
  const story = await openStory({ clock, world, bmc, rehearse });
  const { error } = await (await begin(story)).finished;
  t.like(error, { ...mistake, lastMilestone: "begun", nextExpected: "rehearse" });
  t.deepEqual(world.log, []);
  t.is(await story.intents.find("web01", 1), undefined);
});

const sshCases: readonly { readonly story: string; readonly banner: string | undefined; readonly code: string }[] = [
  { story: "its port 22 refuses for ever", banner: undefined, code: "ssh-refused" },
  { story: "sshd greets and then refuses for ever", banner: "SSH-2.0-x", code: "ssh-refused" },
  { story: "nobody is there", banner: undefined, code: "boot-stalled" },
];

for (const { story: told, banner, code } of sshCases) {
  test(`an installed machine of which ${told} fails with ${code}, long before the step's deadline`, async (t) => {
    const [clock, world] = [createFakeClock(), createWorld()];
    const refusal = {
      code,
      message: `SSH to web01: ${told}`,
      hint: "is sshd up?",
      fault: "machine",
      retry: true,
    } as const;
    const login = async () => {
      throw new ProvisionError({ ...refusal, code: code === "ssh-refused" ? code : "ssh-timeout" });
    };
    const story = await openStory({ clock, world, ssh: { banner: async () => banner, login } });
    const operation = await begin(story);
    await until(clock, () => world.isOn());
    await pass(clock, 1000);
    await playDeploy(story, await playNetboot(story), world);
    let error:
      | { readonly code: string; readonly lastMilestone?: string | undefined; readonly message: string }
      | undefined;
    void operation.finished.then((ended) => {
      error = ended.error;
    });
    t.true(await until(clock, () => error !== undefined, 700_000));
    t.is(error?.code, code);
    t.is(error?.lastMilestone, banner ? "ssh-answers" : "deploy-done");
    t.regex(error?.message ?? "", /ssh/i);
    t.is((await story.intents.find("web01", 1))?.state, "done");
    t.is((await story.lifecycle.status("web01"))?.node.phase, "unknown");
    t.is(bodyOf(await story.boot.answerHttp(request("GET", "/boot/ipxe?mac=52:54:00:77:00:01"))), "200 #!ipxe local");
  });
}

test("a BMC that takes the order and does nothing is caught by the effect", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  const story = await openStory({ clock, world, bmc: { ...createFakeBmc(world), power: async () => {} } });
  const operation = await begin(story);
  await pass(clock, 40_000);
  t.is((await operation.finished).error?.code, "power-unchanged");
});

test("a node that is in use is not installed again without being told to", async (t) => {
  const [clock, world] = [createFakeClock(), createWorld()];
  const story = await openStory({ clock, world });
  const first = await begin(story);
  await pass(clock, 3000);
  await playDeploy(story, await playNetboot(story), world);
  await pass(clock, 10_000);
  t.is((await first.finished).state, "done");
  const again = await begin(story);
  await pass(clock, 3000);
  t.is((await again.finished).error?.code, "already-installed");
  t.is((await story.lifecycle.status("web01"))?.node.phase, "ready");
  t.is(world.log.filter((what) => what === "power-on").length, 1);
});

test("a machine in the middle of its deploy goes on over a restart of the controller, and its done counts", async (t) => {
  const path = mkdtempSync("/dev/shm/provision-life-");
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  const [clock, world] = [createFakeClock(), createWorld()];
  const shared = { clock, world, file: join(path, "site.db") };
  const first = await openStory(shared);
  await begin(first);
  await pass(clock, 3000);
  const url = await playNetboot(first);
  await first.boot.answerHttp(request("GET", `${url}/deploy.sh`));
  await first.lifecycle.close();
  const second = await openStory({ ...shared, instance: "two" });
  const [resumed] = await second.lifecycle.recover();
  await pass(clock, 3000);
  t.regex(bodyOf(await second.boot.answerHttp(request("GET", `${url}/deploy.sh`))), /^410/);
  t.is(bodyOf(await second.boot.answerHttp(request("POST", `${url}/done`, { body: `hostkey ${hostKey}` }))), "200 ok");
  await pass(clock, 5000);
  t.is((await resumed?.finished)?.state, "done");
  t.deepEqual(world.log, ["boot-pxe", "power-on", "boot-none"]);
});
