import type { Fact } from "./fact.ts";

export interface ServiceState {
  /** With its suffix: `ssh.service`. */
  readonly name: string;
  /** systemd's: `active`, `inactive`, `failed`, `activating`; `inactive` for one that isn't loaded. */
  readonly active: string;
  /** `running`, `exited`, `dead`, … */
  readonly sub: string;
  /** `enabled`, `disabled`, `static`, `masked`, …; empty where it can't be (a generated unit). */
  readonly enabled: string;
}

const script = `systemctl list-units --type=service --all --plain --no-legend --no-pager | while read -r s_name s_load s_active s_sub s_rest; do
  [ "$s_load" = not-found ] || printf '%s\\n' "unit $s_name $s_active $s_sub"
done
systemctl list-unit-files --type=service --plain --no-legend --no-pager | while read -r s_name s_state s_rest; do printf '%s\\n' "file $s_name $s_state"; done`;

/** systemd's services; none on a host without it. */
export const services: Fact<readonly ServiceState[]> = {
  name: "services",
  cheap: false,
  script,
  parse: (lines) => {
    const words = lines.map((line) => line.split(" "));
    const files = new Map(
      words.flatMap(([kind, name, state]) => (kind === "file" && name ? [[name, state ?? ""]] : [])),
    );
    const units = new Map(words.flatMap(([kind, name, ...state]) => (kind === "unit" && name ? [[name, state]] : [])));
    const names = [...new Set([...units.keys(), ...files.keys()])].filter((name) => !name.endsWith("@.service")).sort();
    return names.map((name) => {
      const [active = "inactive", sub = "dead"] = units.get(name) ?? [];
      return { name, active, sub, enabled: files.get(name) ?? "" };
    });
  },
};
