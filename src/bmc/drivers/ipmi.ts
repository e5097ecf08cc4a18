import { IpmiClient } from "../../ipmi/client.ts";
import { chassisIdentify } from "../../ipmi/commands/chassis-identify.ts";
import { getDeviceId } from "../../ipmi/commands/get-device-id.ts";
import { formatGuid, getSystemGuid } from "../../ipmi/commands/get-system-guid.ts";
import type { Bmc, BmcContext, BmcDriver, BmcIdentity } from "../driver.ts";
import { bootDeviceOver } from "./ipmi-boot-device.ts";
import { powerOver } from "./ipmi-power.ts";
import { type Ask, askThrough, ifRefused } from "./ipmi-requests.ts";

const MAX_IDENTIFY_SECONDS = 255;

/** IPMI 2.0 over UDP. */
export const ipmi: BmcDriver<"ipmi"> = {
  name: "ipmi",
  open: (settings, context): Bmc => {
    const client = new IpmiClient({
      bmc: { name: context.node, address: settings.address, port: settings.port },
      user: settings.user,
      password: settings.password,
      suites: settings.cipherSuites,
      ...packetTiming(context),
      clock: context.clock,
      log: context.log.with({ node: context.node }),
    });
    const ask = askThrough(client, context.clock);
    return {
      ping: () => ping(ask),
      ...powerOver(ask, context),
      ...bootDeviceOver(ask, context),
      identify: async (seconds) => {
        await ask(chassisIdentify, { seconds: Math.min(Math.max(0, Math.round(seconds)), MAX_IDENTIFY_SECONDS) });
      },
      close: () => client.close(),
    };
  },
};

/** Not every BMC has a GUID; who it is doesn't depend on it. */
async function ping(ask: Ask): Promise<BmcIdentity> {
  const { manufacturerId, productId, firmware } = await ask(getDeviceId, undefined);
  const system = await ask(getSystemGuid, undefined).catch(ifRefused(undefined));
  const guid = system && formatGuid(system.bytes);
  return { manufacturerId, productId, firmware, ...(guid ? { guid } : {}) };
}

function packetTiming({ timing = {} }: BmcContext) {
  const { firstTimeoutMs, attempts } = timing;
  return {
    ...(firstTimeoutMs === undefined ? {} : { firstTimeoutMs }),
    ...(attempts === undefined ? {} : { attempts }),
  };
}
