import { existsSync } from "node:fs";

export interface NspawnOptions {
  readonly name: string;
  readonly root: string;
  readonly namespace: string;
}

/**
 * What a host may beyond nspawn's usual: its own network, and locked memory (mariadb.service asks for it). Never
 * CAP_SYS_TIME, never all: the clock is the machine's, and so are kernel settings outside of net.*.
 */
const capabilities = ["CAP_NET_ADMIN", "CAP_IPC_LOCK"];

const environment = ["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1", "SYSTEMD_NSPAWN_API_VFS_WRITABLE=network"];

/** systemd-nspawn(1) over a root file system, in a network namespace; works without systemd on the machine itself. */
export function nspawnArguments({ name, root, namespace }: NspawnOptions, more: readonly string[]): string[] {
  return [
    ...["env", ...environment, "systemd-nspawn", "--quiet", "--register=no", "--keep-unit"],
    ...[`--directory=${root}`, `--machine=${name}`, `--hostname=${name}`],
    ...[`--network-namespace-path=/run/netns/${namespace}`, `--capability=${capabilities.join(",")}`],
    ...["--link-journal=no", "--resolv-conf=off", "--timezone=off"],
    ...(existsSync("/dev/fuse") ? ["--bind=/dev/fuse"] : []),
    ...more,
  ];
}

/** nspawn ends with 133 when the host reboots, and nobody else would start it again. */
const supervisor = `group=$1; shift
while :; do
  mkdir -p "$group"
  sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$group" "$@" </dev/null
  rc=$?
  find "$group" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
  [ "$rc" = 133 ] || exit "$rc"
done`;

/** Runs the host's init until it halts, through every reboot, in a control group of its own. */
export const superviseArguments = (group: string, options: NspawnOptions): string[] => [
  ...["sh", "-c", supervisor, "sh", group],
  ...nspawnArguments(options, ["--boot", "--console=read-only"]),
];
