import type { Profile } from "../../inventory/schema.ts";
import { fail } from "./errors.ts";
import type { MachineView } from "./machine.ts";

/** What a loader starts. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
  readonly arguments: readonly string[];
}

/** Where the deploy ramdisk is, as URLs: `C/images/DIGEST/vmlinuz` and the like. */
export interface Ramdisk {
  readonly kernel: string;
  readonly initrd: string;
}

/**
 * The kernel, the ramdisk and the command line of what installs this machine: our deploy ramdisk or the distribution's
 * own installer. Throws `render-no-image` when it is ours and there is none.
 */
export function installer(view: MachineView, profile: Profile, ramdisk: Ramdisk | undefined): BootFiles {
  if (profile.method === "image") return image(view, ramdisk);
  const { kernel, initrd } = profile.installer ?? usualPlace(view);
  const absolute = (place: string) => (place.startsWith("/") ? `${view.controllerUrl}${place}` : place);
  const own = { preseed: debian, kickstart: rhel, autoinstall: ubuntu }[profile.method](
    view,
    absolute(profile.installer?.image ?? ""),
  );
  return { kernel: absolute(kernel), initrd: absolute(initrd), arguments: [...own, ...view.kernelArguments] };
}

function image(view: MachineView, ramdisk: Ramdisk | undefined): BootFiles {
  if (!ramdisk) throw fail("render-no-image", { node: view.name });
  return { ...ramdisk, arguments: [`provision.url=${view.bootUrl}`, bootInterface(view), ...view.kernelArguments] };
}

/** Which of several cards it is that boots, as PXELINUX tells it (IPAPPEND 2): hardware type, then the MAC. */
const bootInterface = (view: MachineView) => `BOOTIF=01-${view.interfaces[0]?.mac.replaceAll(":", "-")}`;

/** In a mirror of Debian, below its suite; in a repository of the RHEL family, in the first component's tree. */
function usualPlace(view: MachineView): Ramdisk {
  if (view.family === "rhel") {
    const tree = `${rhelTree(view)}images/pxeboot`;
    return { kernel: `${tree}/vmlinuz`, initrd: `${tree}/initrd.img` };
  }
  const mirror = view.repositories[0];
  const netboot = `${mirror?.url}/dists/${mirror?.suite}/main/installer-amd64/current/images/netboot/debian-installer/amd64`;
  return { kernel: `${netboot}/linux`, initrd: `${netboot}/initrd.gz` };
}

/** The family's layout: `…/SUITE/COMPONENT/x86_64/os/` under a mirror's root, for instance `9/BaseOS/x86_64/os/`. */
export function rhelTree({ repositories }: MachineView, component?: string): string {
  const [first] = repositories;
  return `${first?.url}/${first?.suite}/${component ?? first?.components[0]}/x86_64/os/`;
}

/** Debian Installation Guide §B.2.2 and §5.3. A dialog that nobody answers would wait for ever: there are none. */
const debian = (view: MachineView): string[] => [
  "auto=true",
  "priority=critical",
  "DEBIAN_FRONTEND=noninteractive",
  "TERM=dumb",
  `preseed/url=${view.bootUrl}/answer`,
  "netcfg/choose_interface=auto",
  `hostname=${view.name}`,
  `domain=${view.domain}`,
];

/** dracut.cmdline(7); Anaconda knows its options only with `inst.` since RHEL 9. BOOTIF: hardware type, then the MAC. */
const rhel = (view: MachineView): string[] => [
  `inst.ks=${view.bootUrl}/answer`,
  `inst.stage2=${rhelTree(view)}`,
  "inst.text",
  "ip=dhcp",
  bootInterface(view),
];

/** casper takes `url=` for the image; cloud-init would take it for its own unless `cloud-config-url` is there. */
const ubuntu = (view: MachineView, isoUrl: string): string[] => [
  "ip=dhcp",
  `url=${isoUrl}`,
  "autoinstall",
  `cloud-config-url=${view.bootUrl}/answer`,
];
