import type { Pool, PoolMember } from "../disks.ts";
import { type BtrfsDevice, deviceStats, devicesOf, profilesOf, replacedShare } from "./btrfs-text.ts";
import { type Fact, pairOf } from "./fact.ts";
import { given } from "./json-path.ts";
import { least } from "./pool.ts";
import { poolShell } from "./pool-shell.ts";

/** Each file system once, however often it is mounted; then all that btrfs knows of, also what isn't mounted. btrfs-filesystem(8). */
const script = `${poolShell}
if command -v btrfs >/dev/null 2>&1; then
  b_seen=
  while read -r b_source b_path b_type b_rest; do
    [ "$b_type" = btrfs ] || continue
    b_path=$(printf '%b' "$b_path")
    b_show=$($p_limit btrfs filesystem show --raw "$b_path" </dev/null)
    b_uuid=\${b_show#*uuid: }; b_uuid=\${b_uuid%%[!0-9a-f-]*}
    case $b_seen in *" $b_uuid "*) continue ;; esac
    b_seen="$b_seen $b_uuid "
    printf '%s\\n' "fs=$b_path" "uuid=$b_uuid"
    printf '%s\\n' "$b_show" | sed 's/^/show=/'
    $p_limit btrfs filesystem df -b "$b_path" </dev/null | sed 's/^/df=/'
    $p_limit btrfs replace status -1 "$b_path" </dev/null | sed 's/^/replace=/'
    $p_limit btrfs device stats "$b_path" </dev/null | sed 's/^/stats=/'
  done < /proc/self/mounts
  b_show=$($p_limit btrfs filesystem show --raw </dev/null)
  printf '%s\\n' "$b_show" | sed -e '/^Label/s/.*uuid: \\(.*\\)/fs=\\1\\nuuid=\\1/' -e t -e 's/^/show=/'
  for b_device in $(printf '%s\\n' "$b_show" | sed -n 's/.* path \\(\\/dev\\/[^ ]*\\).*/\\1/p'); do
    pool_serial "$b_device"
  done
fi`;

interface Printed {
  readonly name: string;
  readonly lines: (key: string) => readonly string[];
  readonly disks: Disks;
}

/** By device. */
interface Disks {
  readonly serials: ReadonlyMap<string, string>;
  readonly gone: ReadonlySet<string>;
}

function parse(lines: readonly string[]): readonly Pool[] {
  const pairs = lines.map(pairOf);
  const disks = {
    serials: new Map(below(pairs, "serial.")),
    gone: new Set(below(pairs, "gone.").map(([device]) => device)),
  };
  const blocks: Pair[][] = [];
  for (const pair of pairs) {
    if (pair[0] === "fs") blocks.push([]);
    blocks.at(-1)?.push(pair);
  }
  const mounted = new Set(blocks.filter(isMounted).map(uuidOf));
  return blocks
    .filter((block) => isMounted(block) || !mounted.has(uuidOf(block)))
    .flatMap((block) => {
      const of = (wanted: string) => block.flatMap(([key, value]) => (key === wanted ? [value] : []));
      return poolOf({ name: block[0]?.[1] ?? "", lines: of, disks });
    });
}

type Pair = readonly [string, string];
const isMounted = (block: readonly Pair[]) => block.some(([key]) => key === "df");
const uuidOf = (block: readonly Pair[]) => block.find(([key]) => key === "uuid")?.[1];
const below = (pairs: readonly Pair[], prefix: string) =>
  pairs.flatMap(([key, value]): [string, string][] =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
  );

/** One device alone has no redundancy to keep: that is a file system like others. */
function poolOf(printed: Printed): readonly Pool[] {
  const devices = devicesOf(printed.lines("show"));
  if (devices.length < 2) return [];
  const members = devices.map((device) => memberOf(device, printed));
  const profiles = profilesOf(printed.lines("df"));
  const share = replacedShare(printed.lines("replace"));
  const lost = members.filter((member) => member.state === "missing" || member.state === "predicted").length;
  const left = least(profiles.map(({ tolerates }) => tolerates - lost));
  const ills = illsOf(members, profiles);
  const state =
    profiles.length === 0 ? "unknown" : share !== undefined ? "rebuilding" : ills.length > 0 ? "degraded" : "ok";
  return [
    {
      kind: "btrfs",
      name: printed.name,
      level: [...new Set(profiles.map(({ profile }) => profile))].join("+") || "unknown",
      state,
      said: profiles.length === 0 ? "not mounted: nobody knows its profile" : ills.join("; ") || "no device missing",
      redundancyLeft: left,
      ...given("rebuild", share === undefined ? undefined : { completed: share }),
      members,
    },
  ];
}

function illsOf(members: readonly PoolMember[], profiles: ReturnType<typeof profilesOf>): readonly string[] {
  const count = (state: PoolMember["state"]) => members.filter((member) => member.state === state).length;
  const kinds = [...new Set(profiles.map(({ tolerates }) => tolerates > 0))];
  return [
    ...(count("missing") > 0 ? [`${count("missing")} missing`] : []),
    ...(count("predicted") > 0 ? [`${count("predicted")} lost writes or can't be read`] : []),
    ...(kinds.length > 1 ? ["part of it has one copy only: convert it by a balance"] : []),
  ];
}

/**
 * A device that couldn't be written holds old blocks until a scrub: not a copy to count on. `devid:0` is what a replace
 * fills. One that is gone is named by btrfs as if it were there, until the next mount.
 */
function memberOf(device: BtrfsDevice, printed: Printed): PoolMember {
  const stats = deviceStats(printed.lines("stats"), device);
  const worn = (stats.writeErrors ?? 0) > 0 || (stats.readErrors ?? 0) > 0;
  const missing = device.path === undefined || printed.disks.gone.has(device.path);
  return {
    name: `devid:${device.id}`,
    ...given("device", device.path),
    ...given("serial", printed.disks.serials.get(device.path ?? "")),
    state: device.id === "0" ? "rebuilding" : missing ? "missing" : worn ? "predicted" : "ok",
    said: device.id === "0" ? "being filled" : missing ? "missing" : worn ? "with errors" : "there",
    ...stats,
  };
}

/** btrfs's file systems of several devices, by mount point; by UUID where they aren't mounted. */
export const btrfs: Fact<readonly Pool[]> = { name: "btrfs", cheap: false, script, parse };
