import type { Conflict, Draft, Drafts } from "../draft.ts";
import { suggest } from "../nearest.ts";
import type { Node, Profile } from "../schema.ts";
import { checkLayout } from "./storage.ts";

/** Which method installs which family, and of which releases we know how. */
const methods: Readonly<
  Record<
    Profile["method"],
    { readonly family: Profile["os"]["family"]; readonly releases: RegExp; readonly known: string }
  >
> = {
  image: { family: "debian", releases: /^12$/, known: "12" },
  preseed: { family: "debian", releases: /^1[23]$/, known: "12 and 13" },
  kickstart: { family: "rhel", releases: /^(8|9|10)(\.\d+)?$/, known: "8, 9 and 10" },
  autoinstall: { family: "ubuntu", releases: /^2[24]\.04$/, known: "22.04 and 24.04" },
};

const codenames: Readonly<Record<string, string>> = {
  "debian 12": "bookworm",
  "debian 13": "trixie",
  "ubuntu 22.04": "jammy",
  "ubuntu 24.04": "noble",
};

/** A profile against itself: does its method install its system, and has that all it needs? */
export function checkProfile(
  { value, document }: Draft<Profile>,
  repositories: readonly string[] | undefined,
): readonly Conflict[] {
  const { os, method } = value;
  if (!os || !method) return [];
  const at = (path: readonly string[], what: string, hint?: string): Conflict => ({
    code: "inventory-mismatch",
    document,
    path,
    what,
    hint,
  });
  const rule = methods[method];
  const fitting = Object.entries(methods).filter(([, other]) => other.family === os.family);
  const wanted = codenames[`${os.family} ${os.release}`];
  if (rule.family !== os.family) {
    return [
      at(
        ["method"],
        `${method} does not install ${os.family}`,
        `For ${os.family}: ${fitting.map(([name]) => name).join(" or ")}`,
      ),
    ];
  }
  return [
    ...(rule.releases.test(os.release)
      ? []
      : [at(["os", "release"], `${method} installs ${os.family} ${rule.known}, not ${os.release}`)]),
    ...(wanted && os.codename && os.codename !== wanted
      ? [at(["os", "codename"], `${os.family} ${os.release} is ${wanted}, not ${os.codename}`)]
      : []),
    ...(method === "autoinstall" && !value.installer?.image
      ? [at(["method"], "autoinstall needs installer: with kernel, initrd and image")]
      : []),
    ...(method !== "autoinstall" && value.repositories?.length === 0
      ? [at(["method"], `${method} needs at least one entry in repositories`)]
      : []),
    ...unknownRepositories({ value, document }, repositories),
  ];
}

function unknownRepositories(
  { value, document }: Pick<Draft<Profile>, "value" | "document">,
  known: readonly string[] | undefined,
): Conflict[] {
  if (!known) return [];
  return (value.repositories ?? []).flatMap(({ name }, index): Conflict[] => {
    if (known.includes(name)) return [];
    const what = `site.yaml offers no repository ${JSON.stringify(name)} under packages`;
    return [
      {
        code: "inventory-reference",
        document,
        path: ["repositories", index, "name"],
        what,
        hint: suggest(name, known),
      },
    ];
  });
}

/** A node against the profile that it names. */
export function checkNodeProfile(node: Draft<Node>, { profiles, brokenProfiles }: Drafts): readonly Conflict[] {
  const { document, value } = node;
  const name = value.profile;
  if (name === undefined || brokenProfiles.includes(name)) return [];
  const profile = profiles.find((one) => one.name === name)?.value;
  if (!profile) {
    const what = `there is no profile ${JSON.stringify(name)} (profiles/${name}.yaml)`;
    return [
      {
        code: "inventory-reference",
        document,
        path: ["profile"],
        what,
        hint: suggest(
          name,
          profiles.map((one) => one.name),
        ),
      },
    ];
  }
  const firmware = value.firmware && profile.firmware && !profile.firmware.includes(value.firmware);
  return [
    ...(firmware ? [wrongFirmware(node, profile)] : []),
    ...(profile.storage ? checkLayout(node, profile as Profile) : []),
    ...(profile.method === "autoinstall" ? withoutSerial(node) : []),
  ];
}

function wrongFirmware({ document, value }: Draft<Node>, profile: Partial<Profile>): Conflict {
  const what = `the profile ${value.profile} is for ${profile.firmware?.join(" and ")}, and this node has ${value.firmware}`;
  return {
    code: "inventory-mismatch",
    document,
    path: ["firmware"],
    what,
    hint: "Choose another profile, or change firmware in the profile",
  };
}

/** Ubuntu's installer picks disks by serial; it knows no WWN. */
function withoutSerial({ document, value }: Draft<Node>): Conflict[] {
  return (value.disks ?? []).flatMap((disk, index): Conflict[] =>
    disk.serial === undefined
      ? [
          {
            code: "inventory-storage",
            document,
            path: ["disks", index],
            what: `disks[${index}]: autoinstall finds a disk only by its serial`,
          },
        ]
      : [],
  );
}
