import { type BuildEvent, buildImage } from "../boot/image/build.ts";
import { imageRecipe } from "../boot/image/image.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { archiveUrl, type HostArchive } from "../sim/hosts/host.ts";
import type { MachineImage } from "../sim/hosts/machine-disks.ts";
import { ownSystem } from "../sim/hosts/system.ts";
import type { Shell } from "../transport/shell.ts";
import { templateText } from "./templates.ts";

export interface TestImageOptions {
  /** Root on this machine. */
  readonly shell: Shell;
  readonly cacheDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
  say?(line: string): void;
}

/** What virtual test hosts start with, beyond what every image has: an emulated processor installs packages slowly. */
const packages = ["cron", "logrotate", "lvm2", "nftables", "python3-minimal", "rsync", "xfsprogs"];

const release = { family: "debian", release: "12", codename: "bookworm", kernel: "cloud" } as const;

const usualArchives: readonly HostArchive[] = [
  { name: "debian", upstream: "http://deb.debian.org/debian", suite: "bookworm", components: ["main"] },
  { name: "debian", upstream: "http://deb.debian.org/debian", suite: "bookworm-updates", components: ["main"] },
  {
    name: "debian-security",
    upstream: "http://deb.debian.org/debian-security",
    suite: "bookworm-security",
    components: ["main"],
  },
];

/**
 * The system of virtual test hosts: Debian 12, from the archives of this machine's own apt where it has them. From the
 * cache, or built now (a minute or two).
 * @throws as {@link buildImage} does
 */
export async function testImage(
  options: TestImageOptions,
): Promise<{ readonly image: MachineImage; readonly archives: readonly HostArchive[] }> {
  const { say = () => {}, signal, ...parts } = options;
  const archives = await archivesOf(options.shell);
  const recipe = imageRecipe(
    { os: release, timezone: "UTC", locale: "C.UTF-8", packages: [...packages] },
    { kernel: release.kernel, archives, ramdisk: ramdiskTexts(), packagesUrl: archiveUrl({ name: "" }).slice(0, -1) },
  );
  const onEvent = (event: BuildEvent) => {
    if (event.kind === "step") say(`test image: ${event.index + 1}/${event.count} ${event.step.title}`);
  };
  const { folder } = await buildImage({ ...parts, recipe, freshness: "any", onEvent, ...(signal ? { signal } : {}) });
  return { image: { kernel: `${folder}/vmlinuz`, root: `${folder}/root.img` }, archives };
}

async function archivesOf(shell: Shell): Promise<readonly HostArchive[]> {
  const own = await ownSystem(shell).catch(() => undefined);
  return own?.family === release.family && own.codename === release.codename ? own.archives : usualArchives;
}

const ramdiskTexts = () => ({
  init: templateText("deploy/init"),
  report: templateText("deploy/report.sh"),
  udhcpc: templateText("deploy/udhcpc"),
});
