import type { Conflict, Draft } from "../draft.ts";
import type { DiskSelector, Node, Profile } from "../schema.ts";

/** Two selectors are surely different disks only if they name different serials or different WWNs. */
function couldBeTheSame(a: DiskSelector, b: DiskSelector): boolean {
  const differ = (key: "serial" | "wwn") => a[key] !== undefined && b[key] !== undefined && a[key] !== b[key];
  const equal = (key: "serial" | "wwn") => a[key] !== undefined && a[key] === b[key];
  return !differ("serial") && !differ("wwn") && !equal("serial") && !equal("wwn");
}

/** Selectors of one node that could pick the same disk. Equal serials are told by the check for uniqueness. */
export function checkSelectors({ value: { disks = [] }, document }: Draft<Node>): readonly Conflict[] {
  return disks.flatMap((mine, index) =>
    disks.slice(0, index).flatMap((other, earlier): Conflict[] => {
      if (!couldBeTheSame(mine, other)) return [];
      const what = `disks[${index}] and disks[${earlier}] could be the same disk`;
      return [{ code: "inventory-storage", document, path: ["disks", index], what }];
    }),
  );
}

/** The disks a layout needs. */
export function checkLayout({ value, document }: Draft<Node>, profile: Profile): readonly Conflict[] {
  const { layout } = profile.storage;
  const count = value.disks?.length;
  if (count === undefined) return [];
  const at = { code: "inventory-storage", document, path: ["disks"] } as const;
  if (layout !== "single" && count < 2) {
    return [
      { ...at, what: `the layout ${layout} of profile ${value.profile} needs two disks, and ${count} is listed` },
    ];
  }
  if (layout === "single" && count > 1) {
    const hint = "List the one disk to install on, or use the layout raid1";
    return [
      { ...at, what: `the layout single of profile ${value.profile} uses one disk, and ${count} are listed`, hint },
    ];
  }
  return [];
}
