import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";
import type { IntentState } from "./intent.ts";

/** What is known of the machine that asks. Without a node the MAC is nobody's. */
export interface BootView {
  readonly node?: string | undefined;
  readonly phase?: string | undefined;
  /** The operation that runs on the node now. */
  readonly operation?: { readonly kind: string; readonly generation: number } | undefined;
  readonly paused?: boolean | undefined;
  readonly intent?: IntentView | undefined;
}

/** The newest intent of the MAC (or of the token) that the machine named. */
export interface IntentView {
  readonly state: IntentState;
  readonly generation: number;
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly expired: boolean;
  /** Does this process answer for it, having armed it or taken it over? */
  readonly mine: boolean;
}

/** Where a request over HTTP came from, and whose lease that address is. */
export interface Origin {
  readonly address: string;
  readonly leasedTo: MacAddress | undefined;
}

export type BootRequest =
  | {
      readonly kind: "dhcp";
      readonly client: "pxe" | "ipxe" | "http-boot" | "os";
      readonly architecture?: number | undefined;
    }
  | { readonly kind: "script"; readonly mac: MacAddress; readonly from: Origin }
  | { readonly kind: "payload"; readonly from: Origin }
  | { readonly kind: "report"; readonly report: "milestone" | "progress" | "failed" | "done"; readonly from: Origin };

export type Decision =
  /** Not a word, or "no such thing". */
  | { readonly kind: "absent" }
  | { readonly kind: "local-disk"; readonly why: string }
  | { readonly kind: "loader"; readonly file: LoaderName; readonly over: "tftp" | "http" }
  | { readonly kind: "script-url" }
  | { readonly kind: "install-script" }
  | { readonly kind: "payload" }
  | { readonly kind: "accept" }
  /** Said before, and only our answer was lost: thank for it, and do nothing. */
  | { readonly kind: "again" }
  /** It was there, and was given out, or is over. */
  | { readonly kind: "gone" };

export const loaderNames = ["undionly.kpxe", "snponly.efi"] as const;
export type LoaderName = (typeof loaderNames)[number];

export const isLoader = (name: string) => loaderNames.some((loader) => loader === name);

/** What should this machine boot, or be told? The installer only if somebody armed it; anything else is the local disk. */
export function decide(view: BootView, request: BootRequest): Decision {
  if (view.node === undefined) return { kind: "absent" };
  switch (request.kind) {
    case "dhcp":
      return decideDhcp(view, request);
    case "script":
      return decideScript(view, request);
    case "payload":
      return decidePayload(view, request.from);
    case "report":
      return decideReport(view, request);
    default:
      return request satisfies never;
  }
}

/** Why the node may not be installed now; nothing if it may. */
export function obstacle(view: BootView): string | undefined {
  const { intent, operation, paused, phase } = view;
  if (!intent) return "not armed";
  if (intent.state !== "armed" && intent.state !== "handed") return `its intent is ${intent.state}`;
  if (!intent.mine) return "armed by a controller that is gone";
  if (intent.expired) return "its intent has expired";
  if (operation?.kind !== "install") return "no install is running";
  if (operation.generation !== intent.generation) return "armed for another generation";
  if (paused) return "paused";
  return phase === "retired" ? "retired" : undefined;
}

function decideDhcp(view: BootView, { client, architecture }: BootRequest & { kind: "dhcp" }): Decision {
  const why = client === "os" ? "an operating system asks" : obstacle(view);
  if (why !== undefined) return { kind: "local-disk", why };
  if (client === "ipxe") return { kind: "script-url" };
  const file = loaderFor(architecture);
  if (!file) return { kind: "local-disk", why: `no loader for architecture ${architecture}` };
  return { kind: "loader", file, over: client === "http-boot" ? "http" : "tftp" };
}

/** RFC 4578 §2.1 and IANA's registry: 0 is BIOS, 7 and 9 are UEFI x64, 16 is UEFI x64 by HTTP. */
function loaderFor(architecture: number | undefined): LoaderName | undefined {
  if (architecture === 0) return "undionly.kpxe";
  return architecture === 7 || architecture === 9 || architecture === 16 ? "snponly.efi" : undefined;
}

const boundTo = (intent: IntentView, from: Origin) => from.address === intent.address && from.leasedTo === intent.mac;

function decideScript(view: BootView, { mac, from }: BootRequest & { kind: "script" }): Decision {
  const why = obstacle(view);
  if (why !== undefined) return { kind: "local-disk", why };
  const intent = view.intent as IntentView;
  if (mac === intent.mac && boundTo(intent, from)) return { kind: "install-script" };
  return { kind: "local-disk", why: `asked from ${from.address}, which is not its lease` };
}

/** The token already named the intent; what is left is whether it is still good, here and for this caller. */
function decidePayload(view: BootView, from: Origin): Decision {
  const { intent } = view;
  if (!intent || !boundTo(intent, from)) return { kind: "absent" };
  if (intent.state !== "armed" && intent.state !== "handed") return { kind: "gone" };
  return intent.state === "handed" && obstacle(view) === undefined ? { kind: "payload" } : { kind: "absent" };
}

const reportable: Readonly<Record<(BootRequest & { kind: "report" })["report"], readonly IntentState[]>> = {
  milestone: ["handed", "consumed"],
  progress: ["consumed"],
  failed: ["handed", "consumed"],
  done: ["consumed"],
};

function decideReport({ intent }: BootView, { report, from }: BootRequest & { kind: "report" }): Decision {
  if (!intent || !boundTo(intent, from) || !intent.mine) return { kind: "absent" };
  if (report === "done" && intent.state === "done") return { kind: "again" };
  return { kind: reportable[report].includes(intent.state) ? "accept" : "gone" };
}
