import { quoteSh } from "../../transport/quote.ts";
import type { Carried, Probe } from "./probe.ts";

/**
 * xl(1). The table, not `xl list -l`: that one ends with an error for some guests that run (QubesOS/qubes-issues#7175). A guest of
 * libvirt's is shown by xl, too; libvirt's own probe speaks for it.
 */
const script = `command -v xl >/dev/null 2>&1 || exit 0
if ! p_list=$(xl list); then
  p_type=
  [ ! -r /sys/hypervisor/type ] || read -r p_type < /sys/hypervisor/type
  [ "$p_type" = xen ] || exit 0
  [ ! -r /proc/xen/capabilities ] || grep -q control_d /proc/xen/capabilities || exit 0
  exit 1
fi
printf '%s\\n' "$p_list" | sed 's/^/list /'
for p_file in /etc/xen/auto/* /etc/xen/*.cfg /etc/xen/*.conf; do
  [ -f "$p_file" ] || continue
  p_name=$(sed -n "s/^[[:space:]]*name[[:space:]]*=[[:space:]]*[\\"']\\([^\\"']*\\)[\\"'].*/\\1/p" "$p_file" | tail -n 1)
  [ -z "$p_name" ] || printf 'file %s\\t%s\\n' "$p_name" "$p_file"
done
if command -v virsh >/dev/null 2>&1 && p_names=$(virsh -c xen:///system list --name 2>/dev/null); then
  printf '%s\\n' "$p_names" | sed 's/^/libvirt /'
fi`;

interface Domain {
  readonly name: string;
  readonly id: number;
  readonly detail: string;
  /** xl(1): r b p s c d. */
  readonly states: string;
}

export const xen: Probe = {
  name: "xen",
  label: "Xen guests",
  script: () => script,
  parse: (lines) => {
    const files = new Map(
      marked(lines, "file ")
        .map((line) => line.split("\t") as [string, string])
        .reverse(),
    );
    const libvirts = marked(lines, "libvirt ");
    const guests = domains(marked(lines, "list ")).filter(
      ({ id, states, name }) => id !== 0 && !/[sd]/.test(states) && !libvirts.includes(name),
    );
    return { carried: guests.map((guest) => carried(guest, files.get(guest.name))) };
  },
};

const marked = (lines: readonly string[], mark: string) =>
  lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));

function domains([header = "", ...rows]: readonly string[]): readonly Domain[] {
  if (!/^Name\s+ID\s+Mem\s+VCPUs\s+State/.test(header)) throw new Error("xl list begins with no table");
  return rows.map((row) => {
    const [, name, id, memory, cpus, states] =
      /^(.+?)\s+(\d+)\s+(\d+)\s+(\d+)\s+([a-z-]{5,7})\s+\d+\.\d+\s*$/.exec(row) ?? [];
    if (name === undefined || states === undefined) throw new Error(`xl list says ${JSON.stringify(row.slice(0, 80))}`);
    return { name, id: Number(id), states, detail: `runs with ${cpus} CPUs and ${memory} MiB` };
  });
}

function carried({ name, detail, states }: Domain, file: string | undefined): Carried {
  const guest = { kind: "guest", name } as const;
  if (states.includes("c")) return { ...guest, detail: "has crashed and is kept for a look" };
  if (states.includes("p"))
    return { ...guest, detail: "is paused", holdsBack: "paused, it can't shut itself down: unpause or destroy it" };
  if (file === undefined) {
    return { ...guest, detail, holdsBack: "no file under /etc/xen has its name: nobody could start it again" };
  }
  return { ...guest, detail: `${detail}, ${file}`, drain: drain(name), undrain: undrain(name, file) };
}

/** `-w` waits until it is gone; without PV drivers only `-F`, the power button of ACPI, reaches it. */
const drain = (name: string) => `(
p_guest=${quoteSh(name)}
xl list >/dev/null || exit 1
xl list "$p_guest" >/dev/null 2>&1 || exit 0
p_wait=; ! command -v timeout >/dev/null 2>&1 || p_wait='timeout 300'
$p_wait xl shutdown -w "$p_guest" >&2 || $p_wait xl shutdown -F -w "$p_guest" >&2
! xl list "$p_guest" >/dev/null 2>&1 || { echo "$p_guest still runs" >&2; exit 1; }
) </dev/null`;

const undrain = (name: string, file: string) => `(
xl list >/dev/null || exit 1
xl list ${quoteSh(name)} >/dev/null 2>&1 || xl create ${quoteSh(file)} >&2
) </dev/null`;
