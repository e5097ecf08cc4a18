import type { Clock } from "../../clock.ts";
import { completionOf, type IpmiClient } from "../../ipmi/client.ts";
import type { Command } from "../../ipmi/command.ts";
import { isTemporary } from "../../ipmi/status.ts";

/** Sends one command; throws the errors of `ipmi/errors.ts`. */
export type Ask = <Request, Response>(
  command: Command<Request, Response>,
  request: NoInfer<Request>,
) => Promise<Response>;

const BUSY_ATTEMPTS = 5;
const BUSY_PAUSE_MS = 1000;

/** A BMC that says "busy" or "starting up" is asked again, five times with a second between. */
export function askThrough(client: IpmiClient, clock: Clock): Ask {
  return async (command, request) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await client.run(command, request);
      } catch (thrown) {
        const code = completionOf(thrown);
        if (code === undefined || !isTemporary(code) || attempt === BUSY_ATTEMPTS) throw thrown;
      }
      await clock.sleep(BUSY_PAUSE_MS);
    }
  };
}

/** For what a BMC may do without: a refusal becomes this value, anything else is thrown on. */
export function ifRefused<Value>(value: Value): (thrown: unknown) => Value {
  return (thrown) => {
    if (completionOf(thrown) === undefined) throw thrown;
    return value;
  };
}
