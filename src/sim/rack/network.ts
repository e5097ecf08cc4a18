import type { Shell } from "../../transport/shell.ts";
import { fail } from "./errors.ts";
import { advertiserConfig } from "./files.ts";
import type { RackPlan } from "./plan.ts";

export const tapOf = (index: number) => `tap${index}`;

/**
 * The rack's network as ip(8) makes it, line by line. No default route and no link to the outside: nothing leaves it.
 * A bridge without a living port has no carrier, and then no link-local address to advertise from: hence the veth
 * pair, whose far end nobody uses. Snooping is off, so that every multicast reaches every machine.
 */
export function networkCommands(plan: RackPlan): string[] {
  const { bridge, controller, subnet } = plan;
  const link = `link add ${bridge} address 02:77:00:00:00:01 type bridge forward_delay 0 stp_state 0 mcast_snooping 0`;
  const elsewhere = plan.machines.filter(({ bmc }) => !bmc.address.startsWith("127."));
  return [
    "link set lo up",
    ...elsewhere.map(({ bmc }) => `addr add ${bmc.address}/32 dev lo`),
    link,
    "link add carrier0 type veth peer name carrier1",
    "link set carrier1 addrgenmode none up",
    `link set carrier0 master ${bridge} addrgenmode none up`,
    `addr add ${controller}/${subnet.prefixLength} dev ${bridge}`,
    `addr add fd00:77::1/64 dev ${bridge} nodad`,
    `link set ${bridge} up`,
    ...plan.machines.flatMap((_, index) => [
      `tuntap add dev ${tapOf(index)} mode tap`,
      `link set ${tapOf(index)} master ${bridge} addrgenmode none up`,
    ]),
  ];
}

/** @throws `rack-network` with what ip(8) had against it */
export async function makeNetwork(plan: RackPlan, shell: Shell): Promise<void> {
  await ip(shell, ["netns", "add", plan.namespace]);
  await ip(shell, ["-n", plan.namespace, "-batch", "-"], networkCommands(plan).join("\n"));
}

/** Takes the bridge and the taps with it. */
export async function removeNamespace(namespace: string, shell: Shell): Promise<void> {
  await ip(shell, ["netns", "delete", namespace]);
}

async function ip(shell: Shell, words: readonly string[], stdin = ""): Promise<void> {
  const result = await shell.run({ argv: ["ip", ...words] }, { stdin });
  if (result.exitCode !== 0) throw fail("rack-network", { command: `ip ${words.join(" ")}`, stderr: result.stderr });
}

/**
 * radvd.conf(5). iPXE waits 17 s for an advertisement before it goes on. No router lifetime: there is no way out.
 * Neither the M nor the O flag: nobody asks for DHCPv6.
 */
export function advertiserSettings(bridge: string): string {
  return [
    `interface ${bridge} {`,
    "  AdvSendAdvert on;",
    "  MinRtrAdvInterval 3;",
    "  MaxRtrAdvInterval 10;",
    "  AdvDefaultLifetime 0;",
    "  AdvManagedFlag off;",
    "  AdvOtherConfigFlag off;",
    "  prefix fd00:77::/64 { AdvOnLink on; AdvAutonomous on; };",
    "};",
    "",
  ].join("\n");
}

/** In the foreground, its words on stderr. */
export const advertiserArguments = (runDir: string) => [
  ...["--nodaemon", "--logmethod=stderr"],
  ...[`--config=${advertiserConfig(runDir)}`, `--pidfile=${runDir}/radvd.pid`],
];
