import type { Bmc, BootDevice } from "../../src/bmc/driver.ts";
import { createIntents } from "../../src/boot/intents.ts";
import { createLeases } from "../../src/boot/leases.ts";
import { createBootService } from "../../src/boot/service.ts";
import { bootMigrations } from "../../src/boot/tables.ts";
import { type Clock, createFakeClock, type FakeClock } from "../../src/clock.ts";
import type { BootClient, DhcpEvent } from "../../src/dhcp/policy.ts";
import type { HttpReply, HttpRequest } from "../../src/http/server.ts";
import type { OperationEvent } from "../../src/lifecycle/events.ts";
import { createLifecycle } from "../../src/lifecycle/lifecycle.ts";
import { createInstall } from "../../src/lifecycle/operations/install.ts";
import { type InstallParts, type SshProbe, usualTimes } from "../../src/lifecycle/operations/target.ts";
import type { OperationDefinition, StepContext, StepDefinition } from "../../src/lifecycle/step.ts";
import { lifecycleMigrations } from "../../src/lifecycle/tables.ts";
import { silentLog } from "../../src/log.ts";
import { openDatabase } from "../../src/store/database.ts";
import { parseIpv4, parseMac, parseSubnet } from "../../src/wire/addresses.ts";

export const mac = parseMac("52:54:00:77:00:01")!;
export const address = parseIpv4("10.77.0.11")!;
export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJr4oUgpHpY5gCbVPZnzGCQYE1Vvk7RzoTbEODpOhpyx";
const server = parseIpv4("10.77.0.1")!;

/** What was done to the outside world, in order; a file in the kill test, an array elsewhere. */
export interface World {
  did(what: string): void;
  isOn(): boolean;
  setOn(on: boolean): void;
  boot: BootDevice;
}

export function createWorld(): World & { readonly log: string[] } {
  const log: string[] = [];
  let on = false;
  return {
    log,
    did: (what) => void log.push(what),
    isOn: () => on,
    setOn: (value) => {
      on = value;
    },
    boot: { device: "none", persistent: false, efi: false },
  };
}

/** A BMC that does what it is told, and writes down what it was told. */
export function createFakeBmc(world: World): Bmc {
  return {
    ping: async () => ({ firmware: "1.0" }),
    powerState: async () => (world.isOn() ? "on" : "off"),
    power: async (action) => {
      world.did(`power-${action}`);
      world.setOn(action !== "off");
    },
    bootDevice: async () => world.boot,
    setBootDevice: async (device) => {
      world.did(`boot-${device.device}`);
      world.boot = device;
    },
    identify: async () => {},
    close: async () => {},
  };
}

export const goodSsh: SshProbe = { banner: async () => "SSH-2.0-OpenSSH_9.2", login: async () => {} };

export interface StoryOptions {
  readonly clock: Clock;
  readonly world: World;
  readonly file?: string;
  readonly instance?: string;
  readonly ssh?: SshProbe;
  readonly bmc?: Bmc;
  readonly rehearse?: InstallParts["rehearse"];
  readonly times?: Partial<InstallParts["times"]>;
  readonly byDistribution?: boolean;
  readonly operations?: Parameters<typeof createLifecycle>[0]["operations"];
  ownerGone?(owner: string): boolean;
}

export type Story = Awaited<ReturnType<typeof openStory>>;

/** A controller in one piece: store, intents, boot service and lifecycle, with one machine called web01. */
export async function openStory({ clock, world, file = ":memory:", instance = "one", ...more }: StoryOptions) {
  const database = await openDatabase({ file, clock, migrations: [...bootMigrations, ...lifecycleMigrations] });
  const intents = await createIntents({ database, clock, instance });
  const leases = await createLeases(database);
  await leases.commit({ mac, address, expiresAt: new Date(clock.now().getTime() + 3_600_000) });
  const parts: InstallParts = {
    rehearse: more.rehearse ?? (async () => {}),
    target: () => ({
      firmware: "bios",
      mac,
      address,
      disks: [{ serial: "WEB01-A" }],
      byDistribution: more.byDistribution ?? false,
    }),
    openBmc: () => more.bmc ?? createFakeBmc(world),
    intents,
    ssh: more.ssh ?? goodSsh,
    times: { ...usualTimes, ...more.times },
  };
  const lifecycle = await createLifecycle({
    ...{ database, clock, log: silentLog, instance },
    ...(more.ownerGone ? { ownerGone: more.ownerGone } : {}),
    operations: more.operations ?? { install: createInstall(parts) },
    disarm: (node) => intents.cancel(node),
  });
  const boot = createBootService({
    ...{ intents, leases, log: silentLog },
    reservation: (asked) => (asked === mac ? { mac, address, hostName: "web01" } : undefined),
    situation: lifecycle.situation,
    controllerUrl: () => "http://10.77.0.1:8077",
    texts: {
      installScript: async (_intent, url) => `#!ipxe install ${url}`,
      localScript: async () => "#!ipxe local",
      deploy: async (_intent, url) => `#!deploy ${url}`,
      answer: async () => undefined,
    },
    loader: async (name) => new TextEncoder().encode(name),
    onReport: (report) => lifecycle.report(report),
  });
  const events: OperationEvent[] = [];
  lifecycle.subscribe((event) => void events.push(event));
  return { database, intents, leases, lifecycle, boot, events };
}

export const client = (kind: BootClient["kind"], architecture?: number): BootClient => ({
  ...{ mac, kind, ...(architecture === undefined ? {} : { architecture }) },
  network: { subnet: parseSubnet("10.77.0.0/24")!, interface: "br0", server, dns: [], domain: "t", leaseSeconds: 3600 },
});

export const dhcpSeen = (kind: DhcpEvent["kind"], from: BootClient["kind"]): DhcpEvent => ({
  kind,
  mac,
  client: client(from),
});

export const request = (method: string, url: string, options: { body?: string; from?: string } = {}): HttpRequest => {
  const { pathname, searchParams } = new URL(url, "http://10.77.0.1:8077");
  const { body = "", from = address } = options;
  return {
    method,
    target: url,
    path: pathname,
    query: searchParams,
    headers: {},
    remoteAddress: from,
    text: async () => body,
  };
};

export const bodyOf = (reply: HttpReply | undefined) =>
  reply ? `${reply.status} ${String(reply.body).trim()}` : "none";

/** Lets everything that is due happen, in small steps of time. */
export async function pass(clock: FakeClock, ms: number, stepMs = 250): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    await clock.advance(Math.min(stepMs, left));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Passes time until it is so, at most `ms`. */
export async function until(clock: FakeClock, so: () => boolean, ms = 60_000): Promise<boolean> {
  for (let left = ms; left > 0 && !so(); left -= 250) await pass(clock, 250);
  return so();
}

/** The machine's side of a good installation, as its firmware, iPXE and ramdisk play it. Returns its token's URL. */
export async function playNetboot({ boot }: Pick<Story, "boot">): Promise<string> {
  boot.observe.dhcp(dhcpSeen("discover", "ipxe"));
  boot.observe.dhcp(dhcpSeen("ack", "ipxe"));
  const script = bodyOf(await boot.answerHttp(request("GET", `/boot/ipxe?mac=${mac}`)));
  return script.replace(/^.*install /, "");
}

export async function playDeploy({ boot }: Pick<Story, "boot">, url: string, world: World): Promise<string> {
  const reply = bodyOf(await boot.answerHttp(request("GET", `${url}/deploy.sh`)));
  if (!reply.startsWith("200")) return reply;
  world.did("deploy");
  await boot.answerHttp(request("POST", `${url}/milestone`, { body: "disks-found sda=WEB01-A\nimage-written\n" }));
  return bodyOf(await boot.answerHttp(request("POST", `${url}/done`, { body: `hostkey ${hostKey}\n` })));
}

/** A step of a test's own operation. */
export const step = (
  name: string,
  run: (ctx: StepContext) => Promise<unknown>,
  more: Partial<StepDefinition> = {},
): StepDefinition => ({
  ...{ name, label: name, idempotent: true, deadlineMs: 60_000 },
  run: async (ctx) => (await run(ctx)) as undefined,
  ...more,
});

export const waits = (name = "wait") => step(name, (ctx) => ctx.waitFor(() => undefined));

export const of =
  (...steps: StepDefinition[]): OperationDefinition =>
  () =>
    steps;

/** A controller that can do these operations, on a clock of the test's own. */
export const open = (operations: StoryOptions["operations"], more: Partial<StoryOptions> = {}) => {
  const clock = createFakeClock();
  return openStory({ clock, world: createWorld(), ...(operations ? { operations } : {}), ...more }).then((story) => ({
    clock,
    ...story,
  }));
};
