import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyPair } from "../../transport/keys.ts";
import { archiveUrl, type HostArchive, labNetwork } from "./host.ts";

export interface Identity {
  readonly name: string;
  /** Of all hosts of the lab, in order. */
  readonly neighbours: readonly string[];
  readonly archives: readonly HostArchive[];
  /** Who may log in as root, a line as in authorized_keys. */
  readonly operatorKey: string;
}

/** Makes a root file system this host's own: name, archives, who may log in. Returns its public host key. */
export function giveIdentity(root: string, { name, neighbours, archives, operatorKey }: Identity): string {
  const write = (path: string, text: string, mode = 0o644) => writeFileSync(join(root, path), text, { mode });
  write("etc/hostname", `${name}\n`);
  const hosts = neighbours.map((one, index) => `${labNetwork.hostAddress(index)} ${one}\n`);
  write("etc/hosts", `127.0.0.1 localhost\n${hosts.join("")}`);
  write("etc/machine-id", "");
  rmSync(join(root, "etc/resolv.conf"), { force: true });
  write("etc/resolv.conf", "");
  const lines = archives.map((one) => `deb ${archiveUrl(one)} ${one.suite} ${one.components.join(" ")}\n`);
  write("etc/apt/sources.list", lines.join(""));
  for (const other of ["ubuntu.sources", "debian.sources"])
    rmSync(join(root, "etc/apt/sources.list.d", other), { force: true });
  mkdirSync(join(root, "root/.ssh"), { recursive: true, mode: 0o700 });
  write("root/.ssh/authorized_keys", `${operatorKey}\n`, 0o600);
  const hostKey = createKeyPair(name);
  write("etc/ssh/ssh_host_ed25519_key", hostKey.privateKey.reveal(), 0o600);
  write("etc/ssh/ssh_host_ed25519_key.pub", `${hostKey.publicKey}\n`);
  return hostKey.publicKey;
}
