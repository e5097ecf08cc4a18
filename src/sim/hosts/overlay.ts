import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Shell } from "../../transport/shell.ts";
import { must } from "./must.ts";

export interface Overlay {
  /** The whole, as the host sees it. */
  readonly root: string;
  /** What the host wrote. */
  readonly upper: string;
}

/** Lays a writable file system over others, topmost first, in a folder of its own. */
export async function mountOverlay(folder: string, lower: readonly string[], shell: Shell): Promise<Overlay> {
  const [root, upper, work] = ["root", "upper", "work"].map((name) => join(folder, name)) as [string, string, string];
  for (const part of [root, upper, work]) mkdirSync(part, { recursive: true });
  const options = `lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`;
  // What a test writes needn't survive a power cut: dpkg syncs each file, which takes most of its time.
  const script = 'mount -t overlay overlay -o "$1,volatile" "$2" 2>/dev/null || mount -t overlay overlay -o "$1" "$2"';
  await must(shell, "its overlay", { argv: ["sh", "-c", script, "sh", options, root] });
  return { root, upper };
}

export const unmount = (root: string, shell: Shell) => must(shell, `unmounting ${root}`, { argv: ["umount", root] });

/** Inside a container the cache may itself be an overlay, on which no other can write: memory then takes its place. */
export async function makeWritable(folder: string, shell: Shell): Promise<boolean> {
  const kind = await must(shell, "looking at its folder", { argv: ["stat", "-f", "-c", "%T", folder] });
  if (kind.trim() !== "overlayfs") return false;
  await must(shell, "memory for its files", { argv: ["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", folder] });
  return true;
}
