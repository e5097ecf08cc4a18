import type { Bmc, BmcContext, BmcDriver, BootDevice, PowerAction } from "../driver.ts";
import { fail } from "../errors.ts";

/** No BMC: a person does it, and says when it is done. What was said last is what is known. */
export const manual: BmcDriver<"manual"> = {
  name: "manual",
  open: (_settings, context): Bmc => {
    const { node } = context;
    let state: "on" | "off" | undefined;
    let device: BootDevice = { device: "none", persistent: false, efi: false };
    return {
      ping: async () => ({}),
      powerState: async () => {
        if (state === undefined) throw fail("bmc-power-unknown", { node });
        return state;
      },
      power: async (action) => {
        await askPerson(context, powerRequests[action](node));
        state = action === "off" || action === "soft" ? "off" : "on";
        if (state === "on" && !device.persistent) device = { ...device, device: "none" };
      },
      bootDevice: async () => device,
      setBootDevice: async (wanted) => {
        await askPerson(context, bootRequest(node, wanted));
        device = wanted;
      },
      identify: async (seconds) => {
        if (seconds > 0) await askPerson(context, `Find ${node} in the rack`);
      },
      close: async () => {},
    };
  },
};

async function askPerson({ node, ask }: BmcContext, question: string): Promise<void> {
  if (!ask) throw fail("bmc-needs-a-person", { node, question });
  await ask(question);
}

const powerRequests: Record<PowerAction, (node: string) => string> = {
  on: (node) => `Switch ${node} on`,
  off: (node) => `Switch ${node} off`,
  cycle: (node) => `Switch ${node} off, wait a second, switch it on`,
  reset: (node) => `Reset ${node}`,
  soft: (node) => `Shut ${node} down by its power button and wait until it is off`,
};

const deviceWords: Record<BootDevice["device"], string> = {
  none: "in its usual order",
  pxe: "from the network (PXE)",
  disk: "from its disk",
  bios: "into its firmware's setup",
  cdrom: "from its CD drive",
};

function bootRequest(node: string, { device, persistent, efi }: BootDevice): string {
  if (device === "none") return `Let ${node} start ${deviceWords.none}`;
  const firmware = efi ? "UEFI" : "legacy BIOS";
  return `Let ${node} start ${deviceWords[device]}, ${firmware}, ${persistent ? "from now on" : "the next time only"}`;
}
