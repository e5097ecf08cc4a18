import type { DeployInput, DeployInterface } from "./deploy.ts";

/** A file of the installed system that is known before its disks are. */
export interface MachineFile {
  /** Octal, as for chmod(1). */
  readonly mode: string;
  readonly path: string;
  readonly text: string;
}

/** What makes the image this machine. Its UUIDs, and what depends on them, the script writes itself. */
export function machineFiles(input: DeployInput): readonly MachineFile[] {
  const file = (path: string, text: string, mode = "0644"): MachineFile => ({ mode, path, text });
  const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join("");
  return [
    file("/etc/hostname", `${input.node}\n`),
    file("/etc/hosts", lines(hosts(input))),
    file("/etc/resolv.conf", lines([`search ${input.domain}`, ...input.dns.map((server) => `nameserver ${server}`)])),
    file("/etc/timezone", `${input.timezone}\n`),
    file("/etc/apt/sources.list", "# See sources.list.d/provision.sources\n"),
    file("/etc/apt/sources.list.d/provision.sources", aptSources(input.packagesUrl, input.repositories)),
    file("/root/.ssh/authorized_keys", lines(input.rootKeys), "0600"),
    ...input.interfaces.map((each, index) => file(`/etc/systemd/network/10-card${index}.network`, network(each))),
    ...input.users
      .filter((user) => user.sudo)
      .map(({ name }) => file(`/etc/sudoers.d/${name}`, `${name} ALL=(ALL:ALL) NOPASSWD: ALL\n`, "0440")),
    file("/etc/default/grub", defaults(input)),
  ];
}

function hosts({ node, domain, interfaces }: DeployInput): readonly string[] {
  const own = interfaces[0] ? [`${interfaces[0].address} ${node}.${domain} ${node}`] : [];
  return ["127.0.0.1 localhost", ...own, "::1 localhost ip6-localhost ip6-loopback"];
}

/** deb822, exactly as the role `base` writes it, so that it finds nothing to change: changed sources cost a first `apt-get update`. */
export function aptSources(
  packagesUrl: string,
  repositories: readonly { readonly name: string; readonly suite: string; readonly components: readonly string[] }[],
): string {
  const entries = repositories.map(
    ({ name, suite, components }) => `
Types: deb
URIs: ${packagesUrl}/${name}
Suites: ${suite}
Components: ${components.join(" ")}
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
  );
  return `# Archives of the profile, as the controller offers them.\n${entries.join("")}`;
}

/** `ClientIdentifier=mac`: the firmware, the ramdisk and the system are one client to the DHCP server. */
function network({ mac, method, address, prefixLength, gateway }: DeployInterface): string {
  const match = `[Match]\nMACAddress=${mac}\n\n[Network]\n`;
  if (method === "dhcp") return `${match}DHCP=ipv4\n\n[DHCPv4]\nClientIdentifier=mac\n`;
  return `${match}Address=${address}/${prefixLength}\n${gateway ? `Gateway=${gateway}\n` : ""}`;
}

/** For update-grub, which writes grub.cfg anew when a kernel is installed. */
function defaults({ serialConsole, kernelArguments, image }: DeployInput): string {
  const line = [`console=${serialConsole}`, "quiet", ...kernelArguments].join(" ").replaceAll(/["\\$`]/g, "\\$&");
  const timeout = image.kernel === "cloud" ? 0 : 2;
  return `GRUB_DEFAULT=0\nGRUB_TIMEOUT=${timeout}\nGRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX="${line}"\nGRUB_TERMINAL="console serial"\n`;
}
