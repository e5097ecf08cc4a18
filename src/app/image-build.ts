import type { InstalledImage } from "./images.ts";
import type { Surroundings } from "./surroundings.ts";

export async function buildProfileImage(
  _around: Surroundings,
  _options: { profile: string; fresh: boolean },
): Promise<{ image: InstalledImage; made: boolean }> {
  throw new Error("not yet");
}
