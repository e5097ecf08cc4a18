import { type Fact, parseAssignments } from "./fact.ts";

/** What the firmware says of the machine, SMBIOS; without one (a container, some ARM boards) nothing is known. */
export interface Dmi {
  readonly vendor?: string;
  readonly product?: string;
  readonly serial?: string;
  readonly uuid?: string;
  readonly boardVendor?: string;
  readonly boardName?: string;
  readonly boardSerial?: string;
  readonly chassisSerial?: string;
  readonly biosVendor?: string;
  readonly biosVersion?: string;
  readonly biosDate?: string;
}

/** Our names by the kernel's below /sys/class/dmi/id. */
const names = {
  sys_vendor: "vendor",
  product_name: "product",
  product_serial: "serial",
  product_uuid: "uuid",
  board_vendor: "boardVendor",
  board_name: "boardName",
  board_serial: "boardSerial",
  chassis_serial: "chassisSerial",
  bios_vendor: "biosVendor",
  bios_version: "biosVersion",
  bios_date: "biosDate",
} as const;

/** What boards say when nobody filled it in. */
const empty = /^(|0+|none|n\/a|default string|not specified|to be filled by o\.?e\.?m\.?|system serial number)$/i;

export const dmi: Fact<Dmi> = {
  name: "dmi",
  cheap: false,
  script: `for d_name in ${Object.keys(names).join(" ")}; do
  d_line=
  [ ! -r "/sys/class/dmi/id/$d_name" ] || IFS= read -r d_line < "/sys/class/dmi/id/$d_name"
  [ -z "$d_line" ] || printf '%s\\n' "$d_name=$d_line"
done`,
  parse: (lines) => {
    const found = parseAssignments(lines);
    const known = Object.entries(names).flatMap(([key, name]) => {
      const value = (found.get(key) ?? "").trim();
      return empty.test(value) ? [] : [[name, value]];
    });
    return Object.fromEntries(known) as Dmi;
  },
};
