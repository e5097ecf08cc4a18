import type { KernelError } from "../../disks.ts";
import type { World } from "../world.ts";

/** What md says when a disk leaves: true, and nothing against those that stay. */
const announcements = /Operation continuing on|Disk failure on|kicking non-fresh|not clean -- starting background/;
const unrecoverable = /unrecoverable I\/O/;
const deviceWords = /\b(?:sd[a-z]+\d*|vd[a-z]+\d*|xvd[a-z]+\d*|hd[a-z]+\d*|nvme\d+n\d+(?:p\d+)?)\b/g;

/**
 * Lines of the kernel's log that speak against what is on these disks: about one of them, or about one of the arrays
 * without naming a disk. A line about the disk that leaves doesn't; but `md0: …: unrecoverable I/O read error for block
 * 202752` says that no copy could be read, whichever disk it names.
 */
export function errorsAgainst(
  world: World,
  serials: readonly string[],
  arrays: readonly string[],
): readonly KernelError[] {
  const names = new Set(
    world.disks
      .filter((disk) => disk.serial !== undefined && serials.includes(disk.serial))
      .flatMap((disk) => [disk.name, ...disk.partitions.map((partition) => partition.name)]),
  );
  return world.kernelErrors.filter(({ device, text }) => {
    const words: readonly string[] = text.match(/[\w-]+/g) ?? [];
    const isOfArray = arrays.includes(device) || arrays.some((array) => words.includes(array));
    if (names.has(device) || (isOfArray && unrecoverable.test(text))) return true;
    if (!arrays.includes(device) || announcements.test(text)) return false;
    const named: readonly string[] = text.match(deviceWords) ?? [];
    return named.length === 0 || named.some((name) => names.has(name));
  });
}
