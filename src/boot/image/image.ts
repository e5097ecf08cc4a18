import type { Profile } from "../../inventory/schema.ts";
import { quoteSh } from "../../transport/quote.ts";
import { listPrefix } from "../render/deploy.ts";
import { aptSources } from "../render/deploy-files.ts";
import { earlyFiles, type Kernel } from "./early.ts";
import { fail } from "./errors.ts";
import type { Archive, Recipe, RecipeFile, RecipeStep } from "./recipe.ts";
import { configureRoot, describeResult, makeBootLoader, makeFileSystem, makeRamdisk } from "./scripts.ts";

export type { Kernel } from "./early.ts";

/** The part of a profile that goes into its image; the rest (users, keys, network) is the machine's. */
export type ImageProfile = Pick<Profile, "os" | "timezone" | "locale" | "packages">;

export interface ImageOptions {
  /** `cloud` knows virtio and NVMe disks only; real machines need `generic`. */
  readonly kernel: Kernel;
  /** In the order of sources.list. The system is made from the first one; the others are its updates. */
  readonly archives: readonly Archive[];
  /**
   * http://controller:port/packages as most machines will reach it: apt's indices and its 36 MB cache over them, which take an
   * emulated processor 20 s to make, are ready for it. Machines that reach it elsewhere make their own. Absent: so do all.
   */
  readonly packagesUrl?: string;
  /** Texts of templates/deploy/: what the ramdisk runs. */
  readonly ramdisk: { readonly init: string; readonly report: string; readonly udhcpc: string };
}

const always = [
  ..."systemd-sysv dbus udev kmod netbase iproute2 iputils-ping procps less openssh-server sudo curl ca-certificates".split(
    " ",
  ),
  ..."e2fsprogs dosfstools fdisk gdisk mdadm initramfs-tools lz4 zstd xxhash busybox-static".split(" "),
  ..."grub2-common grub-pc-bin grub-efi-amd64-bin efibootmgr".split(" "),
];

const kernelPackage: Readonly<Record<Kernel, string>> = {
  cloud: "linux-image-cloud-amd64",
  generic: "linux-image-amd64",
};

/** Loaded at once by the ramdisk. */
const wantedModules: Readonly<Record<Kernel, string>> = {
  cloud: "virtio_pci virtio_net virtio_blk virtio_scsi sd_mod raid1 vfat nls_cp437 nls_ascii nls_iso8859_1",
  generic: "crc32c_generic sd_mod nvme raid1 ext4 vfat nls_cp437 nls_ascii nls_iso8859_1",
};

/** Carried by the ramdisk and loaded if the machine has the hardware; folders end in `/`. */
const probedModules =
  "drivers/ata/ drivers/nvme/ drivers/scsi/ drivers/message/fusion/ drivers/virtio/ drivers/net/ethernet/ virtio_net virtio_blk";

/**
 * How a Debian system for this profile and the ramdisk that deploys it are made; amd64. Pure: {@link buildImage} runs it.
 * Throws `image-os-unsupported`.
 */
export function imageRecipe(profile: ImageProfile, options: ImageOptions): Recipe {
  const { os } = profile;
  if (os.family !== "debian" || !os.codename) {
    throw fail("image-os-unsupported", { system: `${os.family} ${os.release}` });
  }
  return {
    name: `debian-${os.release}-${options.kernel}`,
    files: [...earlyFiles(options.kernel), ...ramdiskFiles(options)],
    steps: steps(os.codename, packagesOf(profile, options.kernel), options),
    archives: options.archives,
    kernel: options.kernel,
  };
}

function packagesOf({ timezone, locale, packages }: ImageProfile, kernel: Kernel): readonly string[] {
  const zone = timezone === "UTC" ? [] : ["tzdata"];
  const words = locale === "C.UTF-8" ? [] : ["locales-all"];
  return [...new Set([...always, kernelPackage[kernel], ...zone, ...words, ...packages])];
}

function ramdiskFiles({ kernel, ramdisk }: ImageOptions): readonly RecipeFile[] {
  const file = (name: string, text: string): RecipeFile => ({ path: `deploy/${name}`, executable: false, text });
  const probed = kernel === "generic" ? probedModules : "";
  return [
    file("init", ramdisk.init),
    file("report.sh", ramdisk.report),
    file("udhcpc", ramdisk.udhcpc),
    file("modules", `${wantedModules[kernel]}\n`),
    file("more-modules", `${probed}\n`),
    ...(kernel === "generic" ? [file("probe", "")] : []),
  ];
}

function steps(codename: string, packages: readonly string[], options: ImageOptions): readonly RecipeStep[] {
  const step = (name: string, title: string, script: string, usualSeconds: number): RecipeStep => ({
    name,
    title,
    script,
    usualSeconds,
  });
  return [
    step("packages", "install packages", installPackages(codename, packages, options.archives), 60),
    step("configure", "configure the system", configureRoot(options.kernel) + readyApt(options), 4),
    step("boot-loader", "make the boot loader", makeBootLoader, 1),
    step("ramdisk", "make the deploy ramdisk", makeRamdisk, 2),
    step("file-system", "make the file system", makeFileSystem, 6),
    step("describe", "compute digests", describeResult, 6),
  ];
}

/** The indices stay in the image, so that a machine's first `apt-get update` only asks whether they are still current. */
function installPackages(codename: string, packages: readonly string[], archives: readonly Archive[]): string {
  const sources = archives.map(
    ({ upstream, suite, components }) => `deb ${upstream.replace(/\/+$/, "")} ${suite} ${components.join(" ")}`,
  );
  return `export PROVISION_EARLY="$PWD/early"
mmdebstrap --mode=root --format=directory --variant=minbase --skip=cleanup/apt/lists \\
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \\
  --setup-hook='cp -R "$PROVISION_EARLY/." "$1/"' \\
  --include=${quoteSh(packages.join(","))} \\
  ${quoteSh(codename)} root ${sources.map(quoteSh).join(" ")}
`;
}

/**
 * apt names an index for its address, which for a machine is the controller's. The folder's time tells how old they are; sources
 * that are older than it are no reason to update.
 */
function readyApt({ archives, packagesUrl }: ImageOptions): string {
  const url = packagesUrl ?? "http://provision";
  const renames = archives.map(({ name, upstream, suite }) =>
    ["rename", listPrefix(upstream), `${listPrefix(url)}_${name}`, suite].map(quoteSh).join(" "),
  );
  return `lists=root/var/lib/apt/lists
rename() {
  for list in "$lists/$1_dists_$3"_*; do
    [ ! -e "$list" ] || mv "$list" "$lists/$2_dists_\${list##*"$1"_dists_}"
  done
}
${renames.join("\n")}
rm -rf "$lists/partial" "$lists/auxfiles" "$lists/lock"
printf %s ${quoteSh(listPrefix(url))} >root/usr/lib/provision/packages-prefix
: >root/etc/apt/sources.list
printf %s ${quoteSh(aptSources(url, archives))} >root/etc/apt/sources.list.d/provision.sources
${packagesUrl === undefined ? "" : "chroot root apt-cache gencaches\n"}touch "$lists"
`;
}
