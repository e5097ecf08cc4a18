import type { Bmc } from "./driver.ts";

/** The same BMC, one call at a time, in order. A call that fails doesn't hold up the next; `close` doesn't wait. */
export function queued(bmc: Bmc): Bmc {
  let tail: Promise<unknown> = Promise.resolve();
  const next = <Result>(call: () => Promise<Result>): Promise<Result> => {
    const result = tail.then(call);
    tail = result.catch(() => {});
    return result;
  };
  return {
    ping: () => next(() => bmc.ping()),
    powerState: () => next(() => bmc.powerState()),
    power: (action) => next(() => bmc.power(action)),
    bootDevice: () => next(() => bmc.bootDevice()),
    setBootDevice: (device) => next(() => bmc.setBootDevice(device)),
    identify: (seconds) => next(() => bmc.identify(seconds)),
    close: () => bmc.close(),
  };
}
