import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Shell } from "../../transport/shell.ts";
import type { HostSystem } from "./host.ts";
import { must } from "./must.ts";

/** A root file system that hosts only read: their own writing goes to an overlay. */
export interface RootTree {
  readonly folder: string;
  /** Over its packages and their versions. */
  readonly digest: string;
}

/** What a machine has that was just installed, and not more: a role brings what it needs. */
const packages = [
  ...["systemd", "systemd-sysv", "dbus", "openssh-server", "iproute2", "procps", "curl", "ca-certificates"],
  ...["netbase", "tzdata"],
];

/** udev finds the devices of the machine below; apt's timers hold dpkg's lock when a test wants it. */
const masked = [
  ...["systemd-udevd.service", "systemd-udev-trigger.service", "systemd-udevd-control.socket"],
  ...["systemd-udevd-kernel.socket", "console-getty.service", "getty@tty1.service", "networking.service"],
  ...["systemd-networkd-wait-online.service", "apt-daily.timer", "apt-daily-upgrade.timer"],
];

/** Identities are each host's own: a tree has none. */
const finish = `cd "$new/tree"
: > etc/machine-id
rm -f var/lib/dbus/machine-id etc/ssh/ssh_host_*_key* etc/resolv.conf var/log/dpkg.log var/log/apt/* var/log/alternatives.log
for unit in ${masked.join(" ")}; do ln -sf /dev/null "etc/systemd/system/$unit"; done
ln -sf /usr/lib/systemd/system/multi-user.target etc/systemd/system/default.target
dpkg-query --admindir=var/lib/dpkg -W > "$new/packages"`;

export interface TreeRequest {
  readonly folder: string;
  readonly system: HostSystem;
  readonly shell: Shell;
  readonly signal?: AbortSignal | undefined;
  say(line: string): void;
}

const patienceSeconds = 1800;

/**
 * The system's tree from the cache; made when it isn't there, once even if several ask at the same time.
 * @throws `hosts-command-failed`
 */
export async function rootTree({ folder, system, shell, say, signal }: TreeRequest): Promise<RootTree> {
  const lines = system.archives.map((one) => `deb ${one.upstream} ${one.suite} ${one.components.join(" ")}`);
  const recipe = createHash("sha256")
    .update(JSON.stringify([system.codename, lines, packages, finish]))
    .digest("hex");
  const place = join(folder, `${system.codename}-${recipe.slice(0, 12)}`);
  if (!existsSync(place)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    say(`Making the root file system of the test hosts (${system.family} ${system.codename}): a minute or more, once`);
    const script = `set -eu; place=$1; suite=$2; include=$3; shift 3
[ ! -e "$place" ] || exit 0
new=$place.new; rm -rf --one-file-system "$new"; mkdir -p "$new"
mmdebstrap --variant=minbase --include="$include" "$suite" "$new/tree" "$@"
( ${finish} )
sync -f "$new"; mv "$new" "$place"`;
    // A mount namespace of its own: whatever ends it, no mount stays behind.
    const make = ["unshare", "--mount", "sh", "-c", script, "sh", place, system.codename, packages.join(","), ...lines];
    const argv = ["flock", "-w", `${patienceSeconds}`, `${place}.lock`, ...make];
    await must(shell, "its root file system", { argv }, { ...(signal ? { signal } : {}) });
  }
  const digest = createHash("sha256")
    .update(readFileSync(join(place, "packages")))
    .digest("hex");
  return { folder: join(place, "tree"), digest };
}
