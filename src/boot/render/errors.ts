import { type ErrorTable, failer } from "../../errors.ts";

export const errors = {
  "render-unquotable": {
    sentence: ({ target, why }: { target: string; why: string }) => `a value can't be written in ${target}: ${why}`,
    hint: () => "Correct the value in the inventory; the template's line shows which one it is",
    fault: "input",
    retry: false,
  },
  "render-family": {
    sentence: ({ kind, profile, family }: { kind: string; profile: string; family: string }) =>
      `the profile ${profile} is of the ${family} family, which has no ${kind}`,
    hint: () => "kickstart is for rhel, preseed for debian, autoinstall for ubuntu; ipxe and grub are for all",
    fault: "input",
    retry: false,
  },
  "render-no-image": {
    sentence: ({ node }: { node: string }) => `${node} is installed from an image, and there is no image yet`,
    hint: () => "Run: provision image build PROFILE",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
