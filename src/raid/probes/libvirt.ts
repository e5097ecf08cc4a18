import { quoteSh } from "../../transport/quote.ts";
import type { Carried, Probe } from "./probe.ts";

/** virsh(1). Without a daemon and without a guest's definition there is nothing to ask: only the client is installed. */
const script = `command -v virsh >/dev/null 2>&1 || exit 0
if ! p_list=$(virsh list --all); then
  for p_trace in /run/libvirt/*-sock /etc/libvirt/qemu/*.xml /etc/libvirt/libxl/*.xml /etc/libvirt/lxc/*.xml; do
    [ ! -e "$p_trace" ] || exit 1
  done
  exit 0
fi
p_transient=$(virsh list --transient --name) || exit 1
printf '%s\\n' "$p_list" | sed 's/^/list /'
printf '%s\\n' "$p_transient" | sed 's/^/transient /'`;

export const libvirt: Probe = {
  name: "libvirt",
  label: "libvirt guests",
  script: () => script,
  parse: (lines) => {
    const after = (mark: string) =>
      lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
    const transient = after("transient ").map((name) => name.trim());
    const active = rowsOf(after("list ")).filter(({ id }) => id !== "-" && id !== "0");
    return { carried: active.map((guest) => carried(guest, transient.includes(guest.name))) };
  },
};

interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

const states = "running|idle|paused|in shutdown|shut off|crashed|pmsuspended|dying|no state|blocked";

/** A name may hold blanks; a state may, too, so it is one of those there are. Columns were of fixed width before 4.10. */
function rowsOf([header = "", line = "", ...rows]: readonly string[]): readonly Row[] {
  if (!/^\s*Id\s+Name\s+State\s*$/.test(header) || !/^-+$/.test(line.trim()))
    throw new Error("virsh list begins with no table");
  return rows
    .filter((row) => row.trim() !== "")
    .map((row) => {
      const [, id, name, state] = new RegExp(`^\\s*(\\d+|-)\\s+(.+?)\\s+(${states})\\s*$`).exec(row) ?? [];
      if (id === undefined || name === undefined || state === undefined) {
        throw new Error(`virsh list says ${JSON.stringify(row.slice(0, 80))}`);
      }
      return { id, name, state };
    });
}

function carried({ name, state }: Row, isTransient: boolean): Carried {
  const guest = { kind: "guest", name, detail: `is ${state}` } as const;
  if (isTransient) return { ...guest, holdsBack: "it is transient: once off, nobody could start it again" };
  if (state === "paused" || state === "pmsuspended") {
    return { ...guest, holdsBack: `${state}, it can't shut itself down: wake it, or switch it off` };
  }
  return { ...guest, drain: drain(name), undrain: undrain(name) };
}

const drain = (name: string) => `(
export LC_ALL=C
p_guest=${quoteSh(name)} p_left=150
p_state=$(virsh domstate "$p_guest") || exit 1
[ "$p_state" = 'shut off' ] || virsh shutdown "$p_guest" >&2 || exit 1
while [ "$p_state" != 'shut off' ]; do
  [ "$p_left" -gt 0 ] || { echo "$p_guest is still $p_state" >&2; exit 1; }
  p_left=$((p_left - 1)); sleep 2
  p_state=$(virsh domstate "$p_guest") || exit 1
done
) </dev/null`;

const undrain = (name: string) => `(
export LC_ALL=C
p_state=$(virsh domstate ${quoteSh(name)}) || exit 1
[ "$p_state" != 'shut off' ] || virsh start ${quoteSh(name)} >&2
) </dev/null`;
