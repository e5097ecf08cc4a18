import type { Shell } from "../../transport/shell.ts";
import { labNetwork } from "./host.ts";
import { must } from "./must.ts";

/** The namespace of one host, beside its lab's. */
export const hostNamespace = (lab: string, host: string) => `${lab}-${host}`;

const ip = (shell: Shell, words: readonly string[], stdin = "") =>
  must(shell, `its network (ip ${words.join(" ")})`, { argv: ["ip", ...words] }, { stdin });

/** A namespace with a bridge, on which the site has its address. No route leads anywhere. */
export async function makeLabNetwork(lab: string, shell: Shell): Promise<void> {
  await ip(shell, ["netns", "add", lab]);
  const lines = [
    "link set lo up",
    "link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
    `addr add ${labNetwork.site}/${labNetwork.prefixLength} dev br0`,
    "link set br0 up",
  ];
  await ip(shell, ["-n", lab, "-batch", "-"], lines.join("\n"));
}

/** A host's own namespace with `host0`, plugged into the lab's bridge. */
export async function plugHost(lab: string, host: { name: string; index: number }, shell: Shell): Promise<void> {
  const own = hostNamespace(lab, host.name);
  await ip(shell, ["netns", "add", own]);
  const plug = `v${host.index}`;
  const lines = [
    `link add ${plug} type veth peer name host0 netns ${own}`,
    `link set ${plug} master br0`,
    `link set ${plug} up`,
  ];
  await ip(shell, ["-n", lab, "-batch", "-"], lines.join("\n"));
  const inside = [
    "link set lo up",
    `addr add ${labNetwork.hostAddress(host.index)}/${labNetwork.prefixLength} dev host0`,
    "link set host0 up",
  ];
  await ip(shell, ["-n", own, "-batch", "-"], inside.join("\n"));
}

export const removeNetwork = (namespace: string, shell: Shell) => ip(shell, ["netns", "delete", namespace]);
