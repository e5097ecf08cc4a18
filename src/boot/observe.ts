import type { DhcpEvent } from "../dhcp/policy.ts";
import { type MacAddress, parseIpv4 } from "../wire/addresses.ts";
import { isLoader } from "./decide.ts";
import type { Intent } from "./intent.ts";
import type { MilestoneName } from "./milestones.ts";
import type { BootServiceOptions } from "./service.ts";

/** Takes the servers' events as they come. What concerns no machine under installation is passed over. */
export interface Observer {
  dhcp(event: DhcpEvent): void;
  /** A finished TFTP transfer. */
  tftp(event: { readonly kind: string; readonly file: string; readonly client: string }): void;
  /** A finished HTTP request. */
  http(event: HttpSeen): void;
}

export interface HttpSeen {
  readonly kind: string;
  readonly path: string;
  readonly remoteAddress: string;
  readonly method?: string;
  readonly status?: number;
  readonly aborted?: boolean;
}

type ObserverOptions = Pick<BootServiceOptions, "intents" | "leases" | "reservation" | "onReport">;

export function createObserver(options: ObserverOptions): Observer {
  const tell = (mac: MacAddress | undefined, name: MilestoneName | undefined) => {
    const intent = mac && options.intents.remembered(mac);
    if (!intent || !name || options.reservation(intent.mac)?.hostName !== intent.node) return;
    const { node, generation } = intent;
    if (isUnderWay(intent, name)) options.onReport({ node, generation, kind: "milestone", name, text: "" });
  };
  const macAt = (address: string) => {
    const known = parseIpv4(address.replace(/^::ffff:/, ""));
    return known && options.leases.byAddress(known)?.mac;
  };
  return {
    dhcp: (event) => tell(event.mac, dhcpMilestone(event)),
    tftp: ({ kind, file, client }) => tell(macAt(client), kind === "done" && isLoader(file) ? "loader" : undefined),
    http: (event) => tell(macAt(event.remoteAddress), httpMilestone(event)),
  };
}

/** The ramdisk asks for an address too; only what asks after "done" is the installed system. */
const isUnderWay = ({ state }: Intent, name: MilestoneName) =>
  name === "dhcp-os" ? state === "done" : state === "armed" || state === "handed" || state === "consumed";

function dhcpMilestone({ kind, client }: DhcpEvent): MilestoneName | undefined {
  if (client?.kind === "os") return kind === "ack" ? "dhcp-os" : undefined;
  if (kind === "discover") return "dhcp-discover";
  return kind === "ack" ? "dhcp-ack" : undefined;
}

/** Ours first, then the distributions' installers'. */
const kernels = ["vmlinuz", "linux"];
const ramdisks = ["ramdisk.cpio", "initrd", "initrd.gz", "initrd.img"];

function httpMilestone({ kind, path, method, status, aborted }: HttpSeen): MilestoneName | undefined {
  if (kind !== "request" || method !== "GET" || aborted || (status !== 200 && status !== 206)) return undefined;
  const name = path.split("/").at(-1) ?? "";
  if (path.startsWith("/boot/loader/")) return isLoader(name) ? "loader" : undefined;
  if (!/^\/(?:images|installers|packages)\//.test(path)) return undefined;
  if (kernels.includes(name)) return "kernel";
  return ramdisks.includes(name) ? "ramdisk" : undefined;
}
