import { type BuildEvent, buildImage } from "../boot/image/build.ts";
import { imageRecipe } from "../boot/image/image.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { archiveUrl, type HostArchive } from "../sim/hosts/host.ts";
import type { MachineImage } from "../sim/hosts/machine-disks.ts";
import { ownSystem } from "../sim/hosts/system.ts";
import type { Shell } from "../transport/shell.ts";
import { fail } from "./errors.ts";
import { templateText } from "./templates.ts";

export interface TestImageOptions {
  /** Root on this machine. */
  readonly shell: Shell;
  readonly cacheDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A mirror of Debian's archive, for a machine that isn't Debian 12 itself; `-security` stands beside it. */
  readonly debianArchive?: string | undefined;
  readonly signal?: AbortSignal;
  say?(line: string): void;
}

/** What virtual test hosts start with, beyond what every image has: an emulated processor installs packages slowly. */
const packages = ["cron", "logrotate", "lvm2", "nftables", "python3-minimal", "rsync", "smartmontools", "xfsprogs"];

const release = { family: "debian", release: "12", codename: "bookworm", kernel: "cloud" } as const;

/**
 * The system of virtual test hosts: Debian 12, from the archives of this machine's own apt if it is Debian 12 too. From
 * the cache, or built now (a minute or two).
 * @throws `test-image-no-archive`, and as {@link buildImage} does
 */
export async function testImage(
  options: TestImageOptions,
): Promise<{ readonly image: MachineImage; readonly archives: readonly HostArchive[] }> {
  const { say = () => {}, signal, debianArchive, ...parts } = options;
  const archives = debianArchive === undefined ? await ownArchives(options.shell) : mirrored(debianArchive);
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

async function ownArchives(shell: Shell): Promise<readonly HostArchive[]> {
  const own = await ownSystem(shell);
  if (own.family === release.family && own.codename === release.codename) return own.archives;
  throw fail("test-image-no-archive", { system: `${own.family} ${own.codename}` });
}

/** As Debian's mirrors are laid out. */
function mirrored(address: string): readonly HostArchive[] {
  const upstream = address.replace(/\/+$/, "");
  const [name, { codename }, components] = ["debian", release, ["main"]];
  return [
    { name, upstream, suite: codename, components },
    { name, upstream, suite: `${codename}-updates`, components },
    { name: `${name}-security`, upstream: `${upstream}-security`, suite: `${codename}-security`, components },
  ];
}

const ramdiskTexts = () => ({
  init: templateText("deploy/init"),
  report: templateText("deploy/report.sh"),
  udhcpc: templateText("deploy/udhcpc"),
});
