import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { createWorld, dhcpSeen, openStory, pass, playNetboot, request, until } from "./story.ts";

/** A machine that a distribution's own installer installs: it says less than our ramdisk, and restarts before it is done. */
async function startInstaller(byDistribution: boolean) {
  const [clock, world] = [createFakeClock(), createWorld()];
  const story = await openStory({ clock, world, byDistribution });
  const operation = await story.lifecycle.begin("web01", "install", { by: "ann", parameters: {} });
  let code: string | undefined;
  void operation.finished.then(({ error }) => {
    code = error?.code ?? "none";
  });
  await until(clock, () => world.isOn());
  const url = await playNetboot(story);
  const say = (body: string) => story.boot.answerHttp(request("POST", `${url}/milestone`, { body }));
  return { clock, story, url, say, ended: () => code };
}

type Machine = Awaited<ReturnType<typeof startInstaller>>;
const spend = ({ story, url }: Machine) => story.boot.answerHttp(request("GET", `${url}/deploy.sh`));
const minutes = 60_000;

const silences: readonly (readonly [what: string, byDistribution: boolean, last: string, toleratedMs: number])[] = [
  ["our ramdisk, that never asks for its script", false, "boot-script", 1.5 * minutes],
  ["an installer that never asks for its answers", true, "boot-script", 10 * minutes],
  ["our ramdisk, in the middle", false, "disks-found", 1.5 * minutes],
  ["an installer, in the middle", true, "disks-found", 30 * minutes],
];

for (const [what, byDistribution, last, toleratedMs] of silences) {
  test(`${what}: after ${toleratedMs / minutes} minutes of silence it has stalled, and not before`, async (t) => {
    const machine = await startInstaller(byDistribution);
    if (last !== "boot-script") {
      await spend(machine);
      await machine.say(last);
    }
    await pass(machine.clock, toleratedMs - 5000, 5000);
    t.is(machine.ended(), undefined);
    await pass(machine.clock, 10_000, 1000);
    t.is(machine.ended(), "boot-stalled");
  });
}

const restarts: readonly (readonly [what: string, byDistribution: boolean, said: string, code: string | undefined])[] =
  [
    ["our ramdisk restarts in the middle", false, "configured", "machine-restarted"],
    ["an installer restarts in the middle", true, "disks-found", "machine-restarted"],
    ["an installer restarts when it has installed", true, "configured", undefined],
  ];

for (const [what, byDistribution, said, code] of restarts) {
  test(`${what}: ${code ?? "it is waited for"}`, async (t) => {
    const machine = await startInstaller(byDistribution);
    await spend(machine);
    await machine.say(said);
    await pass(machine.clock, 5000);
    machine.story.boot.observe.dhcp(dhcpSeen("discover", "ipxe"));
    await pass(machine.clock, 5000);
    t.is(machine.ended(), code);
  });
}
