import { WireError } from "../../wire/reader.ts";
import { fail } from "../errors.ts";
import { decodePacket } from "../packet.ts";
import { failAll } from "./failing.ts";
import { onSetupPacket, onSetupTimeout } from "./handshake.ts";
import { failAndClose, onBusyTimeout, onSealed, proceed } from "./requests.ts";
import type { SessionEvent, SessionState, Step } from "./state.ts";

/** One event, one answer. The state is never changed in place. */
export function step(state: SessionState, event: SessionEvent): Step {
  switch (event.kind) {
    case "request":
      return onRequest({ ...state, waiting: [...state.waiting, event.request] });
    case "datagram":
      return onDatagram(state, event.bytes);
    case "timeout":
      return state.phase.kind === "setup" ? onSetupTimeout(state) : onBusyTimeout(state);
    case "trouble":
      return [{ ...state, trouble: event.reason }, []];
    case "close":
      return onClose(state);
    default:
      return event satisfies never;
  }
}

/** Under way already (a login, another request): it waits its turn. */
function onRequest(state: SessionState): Step {
  return state.phase.kind === "idle" || state.phase.kind === "ready" ? proceed(state) : [state, []];
}

/** What can't be read or isn't signed by the BMC is not from it: it is passed over, and the timer goes on. */
function onDatagram(state: SessionState, bytes: Uint8Array): Step {
  try {
    const packet = decodePacket(bytes);
    const heard = { ...state, trouble: undefined };
    return packet.kind === "sealed" ? onSealed(heard, packet) : onSetupPacket(heard, packet);
  } catch (thrown) {
    if (thrown instanceof WireError) return [state, []];
    throw thrown;
  }
}

function onClose(state: SessionState): Step {
  const { phase } = state;
  const error = fail("bmc-connection-closed", state.settings.bmc);
  if (phase.kind === "ready" || phase.kind === "busy") return failAndClose(state, phase.session, error);
  const [idle, effects] = failAll(state, error);
  return [idle, [...effects, { kind: "closed" }]];
}
