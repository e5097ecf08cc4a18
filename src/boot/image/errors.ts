import { type ErrorTable, failer } from "../../errors.ts";

export const errors = {
  "image-os-unsupported": {
    sentence: (d: { system: string }) => `There is no recipe for an image of ${d.system}`,
    hint: () =>
      "Images are made of Debian, whose os.codename the profile must name; for others: `method: kickstart` or `autoinstall`",
    fault: "input",
    retry: false,
  },
  "image-build-failed": {
    sentence: (d: { step: string; exitCode: number | string; said: string }) =>
      `The image's step "${d.step}" ended with ${d.exitCode}: ${d.said}`,
    hint: () =>
      "It needs root, mmdebstrap, e2fsprogs, cpio and kmod, and the package archive; nothing half-done is left. Run: provision image build PROFILE",
    fault: "environment",
    retry: true,
  },
  "archive-unreachable": {
    sentence: (d: { said: string }) => `The package archive's index can't be read: ${d.said}`,
    hint: () => "Check the archive's address (apt-get update on this machine uses the same one) and the way to it",
    fault: "environment",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
