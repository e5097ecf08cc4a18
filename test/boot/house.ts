import { createIntents } from "../../src/boot/intents.ts";
import { createLeases } from "../../src/boot/leases.ts";
import type { BootReport } from "../../src/boot/reports.ts";
import { createBootService, type Situation } from "../../src/boot/service.ts";
import { bootMigrations } from "../../src/boot/tables.ts";
import { createFakeClock, type FakeClock } from "../../src/clock.ts";
import type { BootClient } from "../../src/dhcp/policy.ts";
import type { HttpReply, HttpRequest } from "../../src/http/server.ts";
import { silentLog } from "../../src/log.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type Ipv4Address, parseIpv4, parseMac, parseSubnet } from "../../src/wire/addresses.ts";

export const mac = parseMac("52:54:00:77:00:01")!;
export const otherMac = parseMac("52:54:00:77:00:02")!;
export const address = parseIpv4("10.77.0.11")!;
export const otherAddress = parseIpv4("10.77.0.12")!;
export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJr4oUgpHpY5gCbVPZnzGCQYE1Vvk7RzoTbEODpOhpyx";
const controller = parseIpv4("10.77.0.1")!;

export type House = Awaited<ReturnType<typeof openHouse>>;

/** Boot without lifecycle: the situation is whatever the test says. Both nodes have their leases. */
export async function openHouse(
  options: {
    clock?: FakeClock;
    file?: string;
    instance?: string;
    method?: "deploy" | "answer";
    database?: Database;
  } = {},
) {
  const { clock = createFakeClock(), file = ":memory:", instance = "one", method = "deploy" } = options;
  const database = options.database ?? (await openDatabase({ file, clock, migrations: bootMigrations }));
  const intents = await createIntents({ database, clock, instance });
  const leases = await createLeases(database);
  const expiresAt = new Date(clock.now().getTime() + 3_600_000);
  await leases.commit({ mac, address, expiresAt });
  await leases.commit({ mac: otherMac, address: otherAddress, expiresAt });
  const situation: { of: Situation } = {
    of: { phase: "unknown", operation: { kind: "install", generation: 1 }, paused: false },
  };
  const reports: BootReport[] = [];
  const nodes = new Map([
    [mac, { mac, address, hostName: "web01" }],
    [otherMac, { mac: otherMac, address: otherAddress, hostName: "web02" }],
  ]);
  const service = createBootService({
    ...{ intents, leases, log: silentLog },
    reservation: (asked) => nodes.get(asked),
    situation: () => situation.of,
    controllerUrl: () => "http://10.77.0.1:8077",
    texts: {
      installScript: async (_intent, url) => `install ${url}`,
      localScript: async () => "local",
      deploy: async (_intent, url) => (method === "deploy" ? `deploy ${url}` : undefined),
      answer: async (_intent, url) => (method === "answer" ? `answer ${url}` : undefined),
    },
    loader: async (name) => new TextEncoder().encode(name),
    onReport: (report) => void reports.push(report),
  });
  return { clock, database, intents, leases, situation, reports, service };
}

export const arming = (generation = 1) => ({
  ...{
    node: "web01",
    generation,
    mac,
    address,
    armedBy: "ann",
    ttlMs: 600_000,
    erase: false,
    disks: [{ serial: "A" }],
  },
});

export interface Asked {
  readonly method?: string;
  readonly from?: Ipv4Address | string;
  readonly body?: string;
}

export function request(url: string, { method = "GET", from = address, body = "" }: Asked = {}): HttpRequest {
  const { pathname, searchParams } = new URL(url, "http://10.77.0.1:8077");
  return {
    method,
    target: url,
    path: pathname,
    query: searchParams,
    headers: {},
    remoteAddress: from,
    text: async () => body,
  };
}

export const shown = (reply: HttpReply | undefined) =>
  reply ? `${reply.status} ${String(reply.body).trim()}` : "silence";

/** What this URL gives, as "status body". */
export const ask = async ({ service }: House, url: string, asked?: Asked) =>
  shown(await service.answerHttp(request(url, asked)));

/** Fetches the boot script and reads the token's URL from it. */
export async function fetchToken(house: House): Promise<string> {
  const script = await ask(house, `/boot/ipxe?mac=${mac}`);
  const url = /^200 install (http\S+)$/.exec(script)?.[1];
  if (!url) throw new Error(`no install script: ${script}`);
  return url;
}

export const client = (kind: BootClient["kind"], architecture?: number, from = mac): BootClient => ({
  ...{ mac: from, kind, ...(architecture === undefined ? {} : { architecture }) },
  network: {
    subnet: parseSubnet("10.77.0.0/24")!,
    ...{ interface: "br0", server: controller, dns: [], domain: "t", leaseSeconds: 3600 },
  },
});
