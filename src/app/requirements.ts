import type { Shell } from "../transport/shell.ts";
import { fail } from "./errors.ts";

/** What a Debian package is wanted for; a command asks only for what it uses. */
export type Purpose = "rack" | "image" | "test" | "story" | "bench" | "hosts";

interface Requirement {
  readonly package: string;
  readonly why: string;
  readonly for: readonly Purpose[];
}

/** Debian 12's names. The controller itself needs none of them: they are for the virtual rack, the image build, the tests. */
export const requirements: readonly Requirement[] = [
  { package: "iproute2", why: "network namespaces and bridges", for: ["rack", "test", "bench", "hosts"] },
  { package: "qemu-system-x86", why: "the machines of the virtual rack, with SeaBIOS", for: ["rack"] },
  { package: "ipxe-qemu", why: "the iPXE ROM in the machines' network cards", for: ["rack"] },
  { package: "ovmf", why: "UEFI firmware for the machines", for: ["rack"] },
  { package: "radvd", why: "IPv6 router advertisements, without which iPXE waits 17 s", for: ["rack"] },
  { package: "ipxe", why: "the loaders handed out by TFTP: undionly.kpxe, snponly.efi", for: ["rack", "image"] },
  {
    package: "mmdebstrap",
    why: "builds file trees: the OS image's, the test hosts'",
    for: ["image", "bench", "hosts"],
  },
  { package: "busybox-static", why: "the deploy ramdisk's tools", for: ["image", "test"] },
  { package: "grub-pc-bin", why: "boot sectors for BIOS disks", for: ["image"] },
  { package: "grub-efi-amd64-bin", why: "the boot loader on EFI system partitions", for: ["image"] },
  { package: "grub-common", why: "grub-mkimage", for: ["image"] },
  { package: "cpio", why: "packs the ramdisk", for: ["image"] },
  { package: "kmod", why: "finds the ramdisk's kernel modules", for: ["image"] },
  { package: "debian-archive-keyring", why: "what Debian's archives are believed by, also on Ubuntu", for: ["image"] },
  { package: "e2fsprogs", why: "makes the image's file system", for: ["image"] },
  { package: "ipmitool", why: "the foreign IPMI client that our BMC is tested with", for: ["test"] },
  { package: "openipmi", why: "ipmi_sim, the foreign BMC that our IPMI client is tested with", for: ["test"] },
  { package: "isc-dhcp-client", why: "dhclient, a foreign DHCP client", for: ["test"] },
  { package: "dnsmasq-base", why: "the foreign DHCP server that doctor must find", for: ["test"] },
  { package: "curl", why: "a foreign HTTP and TFTP client", for: ["test"] },
  { package: "tftp-hpa", why: "a foreign TFTP client", for: ["test"] },
  { package: "atftp", why: "a foreign TFTP client that speaks windowsize", for: ["test"] },
  { package: "ethtool", why: "switches off checksum offload on test interfaces", for: ["test"] },
  { package: "openssh-server", why: "the sshd that our SSH transport is tested with", for: ["test"] },
  { package: "openssh-client", why: "ssh-keygen for that sshd's keys", for: ["test", "bench"] },
  { package: "age", why: "the foreign program that opens what we encrypt", for: ["test"] },
  { package: "libxml2-utils", why: "xmllint, which judges the JUnit XML that we write", for: ["test"] },
  { package: "git", why: "the repository that the resource type git is tried with", for: ["test"] },
  { package: "openssl", why: "makes and serves the certificates that promises are tried with", for: ["test"] },
  { package: "strace", why: "counts the processes that a check starts on a host", for: ["test"] },
  { package: "fdisk", why: "sfdisk, by which disks are partitioned", for: ["test"] },
  { package: "dosfstools", why: "mkfs.vfat, for a file system on a test's device", for: ["test"] },
  { package: "patch", why: "judges the diffs that a plan shows", for: ["test"] },
  {
    package: "systemd-container",
    why: "containers with a real init, on which the roles are tried",
    for: ["test", "bench", "hosts"],
  },
  { package: "socat", why: "leads the containers' apt to a Unix socket", for: ["test", "bench", "hosts"] },
  { package: "apt-utils", why: "apt-ftparchive, for a package archive to test the cache with", for: ["test", "bench"] },
  { package: "ansible-core", why: "the engine that ours is compared with", for: ["bench"] },
  { package: "debian-installer-12-netboot-amd64", why: "Debian's own installer, which a story starts", for: ["story"] },
];

/** The variables are dpkg-query(1)'s. */
const statusFormat = `\${Package} \${db:Status-Status}\\n`;

/** The names among `wanted` that dpkg doesn't have installed. */
export async function missingPackages(wanted: readonly Requirement[], shell: Shell): Promise<readonly Requirement[]> {
  const names = wanted.map((requirement) => requirement.package);
  const query = await shell.run({ argv: ["dpkg-query", "-W", "-f", statusFormat, ...names] });
  const installed = new Set(
    query.stdout.split("\n").flatMap((line) => (line.endsWith(" installed") ? [line.split(" ")[0]] : [])),
  );
  return wanted.filter((requirement) => !installed.has(requirement.package));
}

export interface InstallOptions {
  readonly shell: Shell;
  readonly isRoot: boolean;
  /** Told what is installed and why, before it is. */
  say(line: string): void;
}

/**
 * Installs the Debian packages that are missing for `purposes`; does nothing when none is.
 * @throws `packages-missing` without root (the hint is the command to run), `packages-not-installed` when apt fails
 */
export async function ensureRequirements(purposes: readonly Purpose[], options: InstallOptions): Promise<void> {
  const wanted = requirements.filter((requirement) => requirement.for.some((purpose) => purposes.includes(purpose)));
  const missing = await missingPackages(wanted, options.shell);
  if (missing.length === 0) return;
  const names = missing.map((requirement) => requirement.package);
  if (!options.isRoot) throw fail("packages-missing", { names });
  options.say("Installing Debian packages:");
  for (const { package: name, why } of missing) options.say(`  ${name.padEnd(20)} ${why}`);
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...names];
  for (const argv of [["apt-get", "update", "-q"], install]) {
    const result = await options.shell.run({ argv }, { environment });
    if (result.exitCode !== 0) throw fail("packages-not-installed", { names, stderr: result.stderr });
  }
}
