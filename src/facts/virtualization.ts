import { type Fact, parseAssignments } from "./fact.ts";

export interface Virtualization {
  /** `none`: bare metal. Named as systemd-detect-virt(1) does: `kvm`, `qemu`, `vmware`, `xen`, `amazon`, `lxc`, `docker`, … */
  readonly kind: string;
  /** A container shares its kernel, clock and disks with the machine that it runs on. */
  readonly container: boolean;
}

/** Which files tell, as systemd's detect-virt.c looks at them; no process is started. */
const script = `one() { v_line=; [ ! -r "$2" ] || IFS= read -r v_line < "$2"; [ -z "$v_line" ] || printf '%s\\n' "$1=$v_line"; }
one container /run/systemd/container
[ ! -e /.dockerenv ] || echo container=docker
[ ! -e /run/.containerenv ] || echo container=podman
[ ! -e /proc/xen/privcmd ] || echo xen=yes
one hypervisor /sys/hypervisor/type
one vendor /sys/class/dmi/id/sys_vendor
one product /sys/class/dmi/id/product_name
one bios /sys/class/dmi/id/bios_vendor
while IFS= read -r v_line; do
  case $v_line in
    flags*hypervisor*) echo flag=yes; break ;;
    flags* | Features*) break ;;
  esac
done < /proc/cpuinfo`;

/** DMI strings of hypervisors; the first that fits. */
const vendors: readonly (readonly [RegExp, string])[] = [
  [/^Amazon EC2/, "amazon"],
  [/KVM|OpenStack|KubeVirt|RHEV|oVirt/, "kvm"],
  [/^QEMU/, "qemu"],
  [/^Google Compute Engine|^Google$/, "google"],
  [/^VMware|^VMW/, "vmware"],
  [/^innotek GmbH|VirtualBox/, "oracle"],
  [/^Xen|^HVM domU/, "xen"],
  [/Bochs/, "bochs"],
  [/Parallels/, "parallels"],
  [/^BHYVE/, "bhyve"],
  [/^Hyper-V|^Virtual Machine$/, "microsoft"],
];

function parse(lines: readonly string[]): Virtualization {
  const found = parseAssignments(lines);
  const container = found.get("container");
  if (container) return { kind: container, container: true };
  const dmi = ["product", "vendor", "bios"].map((key) => found.get(key) ?? "");
  const [, kind] = vendors.find(([pattern]) => dmi.some((text) => pattern.test(text))) ?? [];
  // A Xen dom0 has the machine's own DMI, and no hypervisor that it could be moved by.
  const fallback = found.get("hypervisor") ?? (found.has("xen") ? "xen" : found.has("flag") ? "other" : "none");
  return { kind: kind ?? fallback, container: false };
}

/** What it runs on. */
export const virtualization: Fact<Virtualization> = { name: "virtualization", cheap: true, script, parse };
