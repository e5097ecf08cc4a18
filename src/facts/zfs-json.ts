import type { Pool } from "../disks.ts";
import { entriesAt, given, numberAt, textAt, valueAt } from "./json-path.ts";
import type { Vdev, ZfsPool } from "./zfs-tree.ts";

/**
 * `zpool status -jpP` (OpenZFS 2.3 and later; cmd/zpool/zpool_main.c). Without `--json-int`: a GUID has 64 bits, and would come
 * out of JSON as another one. The root vdev holds the ordinary ones; logs, special and dedup stand beside it.
 */
export function poolsOfJson(status: unknown, nowSeconds: number | undefined): readonly ZfsPool[] {
  return entriesAt(status, "pools").map(([name, pool]) => {
    const scan = valueAt(pool, "scan_stats");
    const resilvers = textAt(scan, "function") === "RESILVER" && textAt(scan, "state") === "SCANNING";
    const vdevs = (...path: readonly string[]) =>
      entriesAt(pool, ...path).map(([key, one]) => vdevOf(key, one, resilvers));
    return {
      name,
      state: textAt(pool, "state") ?? "UNKNOWN",
      ...given("status", textAt(pool, "status")?.split(/\s+/).join(" ")),
      dataErrors: (numberAt(pool, "error_count") ?? 0) > 0,
      vital: [...vdevs("vdevs", name, "vdevs"), ...vdevs("special"), ...vdevs("dedup")].map(sequential(scan)),
      other: vdevs("logs"),
      spares: vdevs("spares"),
      ...given("rebuild", rebuildOf(scan, resilvers, nowSeconds)),
    };
  });
}

/** Some vdevs come without their type (openzfs#18431: draid): the name has it, `draid2:11d:53c:1s-0`, `mirror-1`. */
function vdevOf(name: string, vdev: unknown, resilvers: boolean): Vdev {
  const children = entriesAt(vdev, "vdevs").map(([key, one]) => vdevOf(key, one, resilvers));
  const named = /^([a-z]+\d*)(?::\S*)?-\d+$/.exec(name)?.[1];
  const state = textAt(vdev, "state") ?? (children.length > 0 ? "ONLINE" : "UNKNOWN");
  const touched = (numberAt(vdev, "scan_processed") ?? 0) > 0 || numberAt(vdev, "resilver_deferred") !== undefined;
  return {
    type: children.length > 0 ? (named ?? textAt(vdev, "vdev_type") ?? "unknown") : "disk",
    guid: textAt(vdev, "guid") ?? name,
    state,
    ...given("device", textAt(vdev, "was") ?? textAt(vdev, "path")),
    ...given("note", textAt(vdev, "aux")),
    resilvering: resilvers && touched && state === "ONLINE",
    ...given("readErrors", numberAt(vdev, "read_errors")),
    ...given("writeErrors", numberAt(vdev, "write_errors")),
    ...given("checksumErrors", numberAt(vdev, "checksum_errors")),
    children,
  };
}

/** A sequential rebuild (`zpool replace -s`) doesn't show at the leaves: one of its vdev isn't filled, nobody says which. */
const sequential =
  (scan: unknown) =>
  (top: Vdev): Vdev => {
    const active = entriesAt(scan, "rebuild_stats").some(
      ([, one]) => textAt(one, "guid") === top.guid && textAt(one, "state") === "ACTIVE",
    );
    const last = top.children.at(-1);
    if (!active || !last || top.children.some(({ resilvering, type }) => resilvering || type === "replacing"))
      return top;
    return { ...top, children: [...top.children.slice(0, -1), { ...last, resilvering: true }] };
  };

function rebuildOf(scan: unknown, resilvers: boolean, nowSeconds: number | undefined): Pool["rebuild"] {
  if (!resilvers) {
    const active = entriesAt(scan, "rebuild_stats").find(([, one]) => textAt(one, "state") === "ACTIVE")?.[1];
    return active === undefined
      ? undefined
      : given("completed", share(numberAt(active, "issued"), numberAt(active, "to_scan")));
  }
  const [issued, total] = [numberAt(scan, "issued"), numberAt(scan, "to_examine")];
  const pass = numberAt(scan, "issued_bytes_per_scan");
  const seconds = nowSeconds === undefined ? undefined : nowSeconds - (numberAt(scan, "pass_start") ?? nowSeconds);
  const speed = pass && seconds && seconds > 0 ? pass / seconds : undefined;
  const remaining =
    speed && total !== undefined && issued !== undefined ? Math.round((total - issued) / speed) : undefined;
  return { ...given("completed", share(issued, total)), ...given("remainingSeconds", remaining) };
}

const share = (done: number | undefined, total: number | undefined) =>
  done === undefined || !total ? undefined : Math.min(1, done / total);
