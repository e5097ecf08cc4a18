import type { Pool } from "../disks.ts";
import { type Fact, pairOf } from "./fact.ts";
import { poolsOfHpe } from "./hpe-text.ts";
import { jsonOf } from "./json-path.ts";
import { poolsOfMegaraid } from "./megaraid-json.ts";
import { poolShell } from "./pool-shell.ts";

/** Whichever of the makers' tools is there. `nolog`: else they leave a log wherever they are called. */
const script = `${poolShell}
for h_tool in storcli64 storcli perccli64 perccli /opt/MegaRAID/storcli/storcli64 /opt/MegaRAID/perccli/perccli64; do
  command -v "$h_tool" >/dev/null 2>&1 || continue
  h_ask() { printf '%s=%s\\n' "$1" "$($p_limit "$h_tool" "$2" show $3 J nolog | tr -d '\\r\\n')"; }
  h_ask controllers /cALL all
  h_ask drives /cALL/eALL/sALL all
  h_ask drives /cALL/sALL all
  h_ask rebuilds /cALL/eALL/sALL rebuild
  h_ask rebuilds /cALL/sALL rebuild
  break
done
for h_tool in ssacli hpssacli hpacucli /opt/smartstorageadmin/ssacli/bin/ssacli; do
  command -v "$h_tool" >/dev/null 2>&1 || continue
  $p_limit "$h_tool" ctrl all show config detail | tr -d '\\r' | sed 's/^/hpe=/'
  break
done`;

function parse(lines: readonly string[]): readonly Pool[] {
  const pairs = lines.map(pairOf);
  const of = (name: string) => pairs.flatMap(([key, value]) => (key === name ? [value] : []));
  const megaraid = {
    controllers: jsonOf(of("controllers")[0]),
    drives: of("drives").map(jsonOf),
    rebuilds: of("rebuilds").map(jsonOf),
  };
  return [...poolsOfMegaraid(megaraid), ...poolsOfHpe(of("hpe"))];
}

/** Virtual and logical drives of RAID controllers: MegaRAID and PERC by storcli or perccli, HPE's Smart Array by ssacli. */
export const hardwareRaid: Fact<readonly Pool[]> = { name: "hardwareRaid", cheap: false, script, parse };
