import { createHash } from "node:crypto";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shell } from "../../transport/shell.ts";
import { labNetwork } from "./host.ts";
import { giveIdentity, type Identity } from "./identity.ts";
import { must } from "./must.ts";
import { unmount } from "./overlay.ts";

/** A built system, as files. */
export interface MachineImage {
  readonly kernel: string;
  /** An ext4 file system, raw, with the kernel's initramfs in its /boot. */
  readonly root: string;
}

export interface EmptyDisk {
  readonly serial: string;
  readonly sizeMiB: number;
  /** Sixteen hexadecimal digits; none: the disk has no WWN. */
  readonly wwn?: string;
}

/** Where a disk answers with an error, as long as it lives. */
export interface Fault {
  readonly iotype: "read" | "write";
  /** Of 512 bytes. */
  readonly sector: number;
}

export interface MachineDisk extends EmptyDisk {
  /** A file with what is on it, which is copied and made as long as the disk; none: it is blank. */
  readonly content?: string;
  readonly bus?: "scsi" | "nvme";
  readonly faults?: readonly Fault[];
}

export interface SystemDisk {
  readonly image: MachineImage;
  /** Holds `root.img`, `initrd` and, for a moment, `root`. */
  readonly folder: string;
  readonly index: number;
  readonly identity: Identity;
}

/** Room for what a role installs; the copy is sparse. */
const sizeBytes = 4 * 2 ** 30;

export const macOf = (index: number) => `52:54:00:77:01:${(0x11 + index).toString(16)}`;

/** Copies an image's root and makes it this host's own, before it first starts. Returns its public host key. */
export async function makeSystemDisk({ image, folder, index, identity }: SystemDisk, shell: Shell): Promise<string> {
  const [disk, root] = [join(folder, "root.img"), join(folder, "root")];
  mkdirSync(root, { recursive: true });
  await must(shell, "its disk", { argv: copySparse(image.root, disk) });
  truncateSync(disk, sizeBytes);
  await must(shell, "its file system", { argv: ["resize2fs", disk] });
  await must(shell, "mounting its disk", { argv: ["mount", "-o", "loop", disk, root] });
  try {
    const hostKey = giveIdentity(root, identity);
    writeFileSync(join(root, "etc/machine-id"), `${machineIdOf(hostKey)}\n`);
    writeFileSync(join(root, "etc/fstab"), "/dev/vda / ext4 defaults 0 0\n");
    writeFileSync(join(root, "etc/systemd/network/10-card0.network"), network(index));
    await must(shell, "its initramfs", { script: `set -eu\n${finish}` }, { environment: { root, folder } });
    return hostKey;
  } finally {
    await unmount(root, shell);
  }
}

/** Without one, systemd takes the start for the first ever and looks at every unit's preset. machine-id(5) */
const machineIdOf = (hostKey: string) => createHash("sha256").update(hostKey).digest("hex").slice(0, 32);

const network = (index: number) =>
  `[Match]\nMACAddress=${macOf(index)}\n\n[Network]\nAddress=${labNetwork.hostAddress(index)}/${labNetwork.prefixLength}\n`;

/** The sources get the age of the package lists, so that apt doesn't take its lists for outdated. */
const finish = `rm -f "$root/etc/apt/sources.list.d/provision.sources"
touch -r "$root/var/lib/apt/lists" "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
cp "$(ls "$root"/boot/initrd.img-* | sort -V | tail -n 1)" "$folder/initrd"`;

/** Sparse, blank or with its content. */
export async function makeDisk(file: string, { sizeMiB, content }: MachineDisk, shell: Shell): Promise<void> {
  rmSync(file, { force: true });
  if (content === undefined) writeFileSync(file, "", { mode: 0o600 });
  else await must(shell, "a disk", { argv: copySparse(content, file) });
  truncateSync(file, sizeMiB * 2 ** 20);
}

export const copySparse = (from: string, to: string) => ["cp", "--sparse=always", "--reflink=auto", from, to];
