import type { BootAnswer, BootClient, LeaseRecords, Reservation } from "../dhcp/policy.ts";
import type { HttpReply, HttpRequest } from "../http/server.ts";
import type { Log } from "../log.ts";
import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";
import { type BootRequest, type BootView, decide, isLoader } from "./decide.ts";
import type { Intent } from "./intent.ts";
import type { Intents } from "./intents.ts";
import { createObserver, type Observer } from "./observe.ts";
import type { BootReport } from "./reports.ts";
import { answerBoot } from "./routes.ts";
import { report, viewOf } from "./view.ts";

/** The node's state as lifecycle knows it. Called for every packet, so it answers from memory. */
export type Situation = Pick<BootView, "phase" | "operation" | "paused">;

/** Of an intent, what a text depends on. */
export type Handed = Pick<Intent, "node" | "erase">;

/** What the machine is handed; the texts come from the templates. A payload that a node's profile hasn't got is undefined. */
export interface BootTexts {
  /** The iPXE script that starts the installer. `bootUrl` is http://controller:port/boot/<token>, and is secret. */
  installScript(intent: Handed, bootUrl: string): Promise<string>;
  /** The iPXE script that boots the local disk, whatever the firmware is. */
  localScript(node: string): Promise<string>;
  deploy(intent: Handed, bootUrl: string): Promise<string | undefined>;
  /** Kickstart, preseed or user-data. */
  answer(intent: Handed, bootUrl: string): Promise<string | undefined>;
}

export interface BootServiceOptions {
  readonly intents: Intents;
  readonly leases: LeaseRecords;
  /** The inventory's look-up; `hostName` is the node's name. */
  reservation(mac: MacAddress): Reservation | undefined;
  situation(node: string): Situation;
  /** http://controller:port as machines on this client's network reach it. */
  controllerUrl(address: Ipv4Address | undefined): string;
  readonly texts: BootTexts;
  /** The bytes of a first loader, by its name in `loaderNames`. */
  loader(name: string): Promise<Uint8Array | undefined>;
  readonly log: Log;
  onReport(report: BootReport): void;
}

export interface BootService {
  /** For DhcpPolicy: what goes into the answer to this client. */
  boot(client: BootClient): BootAnswer;
  /** For the TFTP server: a read-only map of the loaders' names. */
  tftpFile(name: string): Promise<Uint8Array | undefined>;
  /** For the HTTP server: everything under /boot/. */
  answerHttp(request: HttpRequest): Promise<HttpReply | undefined>;
  /** For the servers' events: turns what machines under installation do into milestones. */
  readonly observe: Observer;
}

/** Ties the pure decision to the records, and the records to the servers. */
export function createBootService(options: BootServiceOptions): BootService {
  return {
    boot: (client) => bootAnswer(options, client),
    tftpFile: async (name) => (isLoader(name) ? options.loader(name) : undefined),
    answerHttp: async (request) => (request.path.startsWith("/boot/") ? answerBoot(options, request) : undefined),
    observe: createObserver(options),
  };
}

function bootAnswer(options: BootServiceOptions, client: BootClient): BootAnswer {
  const request: BootRequest = { kind: "dhcp", client: client.kind, architecture: client.architecture };
  const decision = decide(viewOf(options, client.mac, options.intents.remembered(client.mac)), request);
  if (client.kind !== "os") report(options.log, client.mac, decision);
  const controller = () => options.controllerUrl(client.network.server);
  if (decision.kind === "script-url") return { kind: "http", url: `${controller()}/boot/ipxe?mac=${client.mac}` };
  if (decision.kind !== "loader") return { kind: "none" };
  if (decision.over === "tftp") return { kind: "tftp", file: decision.file };
  return { kind: "http", url: `${controller()}/boot/loader/${decision.file}` };
}
