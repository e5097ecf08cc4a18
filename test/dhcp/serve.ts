/** Runs the server for peers.test.ts inside a namespace: settings as JSON in the first argument, events as JSON lines. */
import { systemClock } from "../../src/clock.ts";
import type { BootAnswer, BootClient, DhcpNetwork, Reservation } from "../../src/dhcp/policy.ts";
import { startDhcpServer } from "../../src/dhcp/server.ts";
import { ProvisionError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { createMemoryLeases, policyOf } from "./lab.ts";

const { networks, reservations } = JSON.parse(process.argv[2]!) as {
  networks: DhcpNetwork[];
  reservations: Reservation[];
};

const boot = ({ kind }: BootClient): BootAnswer =>
  kind === "http-boot"
    ? { kind: "http", url: "http://10.77.0.1/snponly.efi" }
    : { kind: "tftp", file: "undionly.kpxe" };

const print = (value: unknown) => console.log(JSON.stringify(value));

try {
  const server = await startDhcpServer({
    policy: policyOf({ networks, reservations, boot }),
    leases: createMemoryLeases(),
    clock: systemClock,
    log: createLog(({ level, message, fields }) => print({ level, message, ...fields })),
    onEvent: ({ kind, mac, address, reason }) => print({ event: `${kind} ${mac} ${address ?? ""}`.trim(), reason }),
  });
  print({ ready: true });
  process.once("SIGTERM", () => server.close().then(() => print({ closed: true })));
} catch (thrown) {
  print({ failed: thrown instanceof ProvisionError ? thrown.code : String(thrown) });
}
