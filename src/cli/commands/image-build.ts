import { buildProfileImage } from "../../app/image-build.ts";
import type { CliCommand } from "../command.ts";
import { formatBytes } from "../style.ts";

export const imageBuild: CliCommand = {
  name: "image build",
  summary: "Build a profile's OS image and deploy ramdisk from Debian packages; cached by content",
  arguments: "<profile>",
  options: [{ flags: "--fresh", help: "look for newer packages, even if an image of this profile is there" }],
  example: "image build debian12",
  run: async ({ arguments: [profile = ""], options }, context) => {
    const { image, made } = await buildProfileImage(context, { profile, fresh: options.fresh === true });
    const { builtAt, buildSeconds, files, kernelVersion } = image.manifest;
    const said = made ? `built in ${buildSeconds} s` : `is there, built ${builtAt.slice(0, 16).replace("T", " ")}`;
    const size = formatBytes(files["root.img"].sizeBytes);
    return {
      json: { profile, made, digest: image.digest, folder: image.folder, builtAt, buildSeconds },
      text: () => `image of ${profile} ${said}: ${image.digest.slice(0, 12)}, ${size}, Linux ${kernelVersion}`,
    };
  },
};
