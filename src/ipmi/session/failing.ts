import type { ProvisionError } from "../../errors.ts";
import { fail } from "../errors.ts";
import { describeRmcpStatus, rmcpStatus } from "../status.ts";
import { patienceMs, type SessionState, type Step } from "./state.ts";

/** Everyone who waits hears the same reason, and the conversation is where it began. */
export function failAll(state: SessionState, error: ProvisionError): Step {
  const told = state.waiting.map(({ id }) => ({ kind: "failed", id, error }) as const);
  return [reset({ ...state, waiting: [] }), [{ kind: "disarm" }, ...told]];
}

/** Without a session. Suites are tried anew, the one that worked last being first. */
export function reset(state: SessionState): SessionState {
  const last = state.suites[0];
  const others = state.settings.suites.filter((suite) => suite !== last);
  const worked = last !== undefined && state.settings.suites.includes(last);
  const suites = worked ? [last, ...others] : state.settings.suites;
  return { ...state, phase: { kind: "idle" }, suites, restarts: 0, reopened: false, trouble: undefined };
}

export function unreachable(state: SessionState, said?: string): ProvisionError {
  const timeoutMs = patienceMs(state.settings);
  return fail("bmc-unreachable", { ...state.settings.bmc, timeoutMs, reason: state.trouble ?? said });
}

/** What a status other than 0 in an Open Session Response, RAKP 2 or RAKP 4 means to the operator (§13.24). */
export function refusal(state: SessionState, status: number): ProvisionError {
  const { bmc, user, privilege } = state.settings;
  switch (status) {
    case rmcpStatus.unauthorizedName:
    case rmcpStatus.invalidNameLength:
      return fail("bmc-user-unknown", { ...bmc, user });
    case rmcpStatus.invalidRole:
    case rmcpStatus.unauthorizedRole:
      return fail("bmc-privilege-too-low", { ...bmc, user, privilege });
    default:
      return fail("bmc-session-refused", { ...bmc, reason: describeRmcpStatus(status) });
  }
}
