import type { HostKind } from "../../converge/role-case.ts";
import type { ErrorRecord } from "../../errors.ts";

/** What `provision test` found, as data for `--json` and `--junit`. */
export interface RoleTestResult {
  readonly role: string;
  readonly folder: string;
  readonly outcome: "good" | "failed";
  readonly cases: readonly CaseResult[];
  readonly durationMs: number;
}

export interface CaseResult {
  readonly name: string;
  readonly on: HostKind;
  readonly hosts: readonly string[];
  /** `skipped`: it needs another kind of host than the one that was asked for. */
  readonly outcome: "good" | "failed" | "skipped";
  readonly phases: readonly PhaseResult[];
  readonly durationMs: number;
  /** With `--keep`: how to enter each host. */
  readonly kept?: readonly string[];
}

export interface PhaseResult {
  /** `start`, `converge`, `again`, `verify`, `found: …`, `mended: …`, `layer`, `stop`. */
  readonly name: string;
  readonly outcome: "good" | "failed";
  readonly durationMs: number;
  /** What was seen, for people. */
  readonly note: string;
  /** What apt unpacked on the hosts, in `converge` only: `varnish:amd64`. */
  readonly installed?: readonly string[];
  readonly error?: ErrorRecord;
}

export type RoleTestEvent =
  | { readonly kind: "case"; readonly name: string; readonly on: HostKind; readonly hosts: readonly string[] }
  | { readonly kind: "skipped"; readonly name: string; readonly why: string }
  | { readonly kind: "phase"; readonly phase: PhaseResult };
