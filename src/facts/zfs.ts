import type { Pool } from "../disks.ts";
import { type Fact, numberOf, pairOf } from "./fact.ts";
import { jsonOf } from "./json-path.ts";
import { poolShell } from "./pool-shell.ts";
import { poolsOfJson } from "./zfs-json.ts";
import { poolsOfText } from "./zfs-text.ts";
import { poolOf } from "./zfs-tree.ts";

/** JSON where zpool can (2.3 and later), else its text, twice: with paths and with GUIDs. A hung pool is waited for a minute. */
const script = `${poolShell}
if command -v zpool >/dev/null 2>&1; then
  z_json=$($p_limit zpool status -jpP | tr -d '\\r\\n')
  case $z_json in
    '{'*) printf '%s\\n' "now=$(date +%s)" "json=$z_json" ;;
    *)
      $p_limit zpool status -P -v | sed 's/^/text=/'
      $p_limit zpool status -g -P | sed 's/^/guid=/' ;;
  esac
  for z_device in $($p_limit zpool status -P | grep -o '/dev/[^ ]*' | sort -u); do
    pool_serial "$z_device"
  done
fi`;

function parse(lines: readonly string[]): readonly Pool[] {
  const pairs = lines.map(pairOf);
  const of = (name: string) => pairs.flatMap(([key, value]) => (key === name ? [value] : []));
  const serials = new Map(
    pairs.flatMap(([key, value]): [string, string][] => (key.startsWith("serial.") ? [[key.slice(7), value]] : [])),
  );
  const json = jsonOf(of("json")[0]);
  const pools = json === undefined ? poolsOfText(of("text"), of("guid")) : poolsOfJson(json, numberOf(of("now")[0]));
  return pools.map((pool) => poolOf(pool, serials));
}

/** ZFS's pools. `name` of a member is its GUID: names of devices lie. */
export const zfs: Fact<readonly Pool[]> = { name: "zfs", cheap: false, script, parse };
