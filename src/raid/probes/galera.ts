import { quoteSh } from "../../transport/quote.ts";
import type { Carried, Probe } from "./probe.ts";

const statusNames = ["cluster_size", "cluster_status", "local_state_comment", "ready"].map((name) => `'wsrep_${name}'`);
const query = `SHOW GLOBAL STATUS WHERE Variable_name IN (${statusNames.join(", ")});
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_cluster_name', 'wsrep_cluster_address', 'version')`;

const client = `p_client=mariadb; command -v mariadb >/dev/null 2>&1 || p_client=mysql`;

/** root comes in over the socket, or by what /root/.my.cnf says. A server that runs and doesn't answer isn't an absent one. */
const script = `p_runs=
for p_comm in /proc/[0-9]*/comm; do
  read -r p_name < "$p_comm" || continue
  case $p_name in mariadbd | mysqld) p_runs=$p_name; break ;; esac
done 2>/dev/null
[ -n "$p_runs" ] || exit 0
${client}
command -v "$p_client" >/dev/null 2>&1 || { echo "$p_runs runs, and there is no client to ask it with" >&2; exit 1; }
p_answer=$("$p_client" -N -B --connect-timeout=10 -e ${quoteSh(query)}) || exit 1
printf '%s\\n' "$p_answer" | sed 's/^/is /'
for p_unit in mariadb mysql mysqld; do
  if systemctl is-active --quiet "$p_unit" 2>/dev/null; then printf 'unit %s\\n' "$p_unit"; break; fi
done`;

/** A member of a Galera cluster; a MariaDB or MySQL that is in none is a database, which needs a backup. */
export const galera: Probe = {
  name: "galera",
  label: "databases and Galera",
  script: () => script,
  parse: (lines) => {
    const is = new Map(
      lines.flatMap((line) => {
        const [, name, value] = /^is (\S+)\t(.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, value ?? ""] as const];
      }),
    );
    const version = is.get("version");
    if (version === undefined) throw new Error("the server doesn't tell its version");
    const unit = lines.find((line) => line.startsWith("unit "))?.slice(5);
    const name = /mariadb/i.test(version) ? "mariadb" : "mysql";
    const isMember = is.get("wsrep_on") === "ON";
    const database: Carried = { kind: "database", name, detail: isMember ? `${version}, in a cluster` : version };
    return { carried: isMember ? [member(is, unit), database] : [database] };
  },
};

function member(is: ReadonlyMap<string, string>, unit: string | undefined): Carried {
  const state = membershipOf(is, unit);
  const holdsBack = reason(state);
  return {
    kind: "cluster",
    name: `wsrep cluster ${is.get("wsrep_cluster_name") ?? ""}`.trim(),
    detail: `size ${state.size}, ${state.status}, ${state.state}, ${state.ready === "ON" ? "ready" : "not ready"}`,
    ...(holdsBack === undefined ? {} : { holdsBack }),
    ...(unit === undefined ? {} : { drain: `systemctl stop ${quoteSh(unit)}`, undrain: undrain(unit) }),
  };
}

interface Membership {
  readonly size: number;
  readonly status: string;
  readonly state: string;
  readonly ready: string;
  readonly address: string;
  readonly unit: string | undefined;
}

/** A state that isn't told isn't a good one: throws. */
function membershipOf(is: ReadonlyMap<string, string>, unit: string | undefined): Membership {
  const told = (name: string) => {
    const value = is.get(name);
    if (value === undefined) throw new Error(`the server doesn't tell ${name}`);
    return value;
  };
  const size = told("wsrep_cluster_size");
  if (!/^\d+$/.test(size)) throw new Error(`wsrep_cluster_size is ${JSON.stringify(size)}`);
  return {
    size: Number(size),
    status: told("wsrep_cluster_status"),
    state: told("wsrep_local_state_comment"),
    ready: told("wsrep_ready"),
    address: is.get("wsrep_cluster_address") ?? "",
    unit,
  };
}

/** The first reason why this member mustn't leave now. */
function reason({ size, status, state, ready, address, unit }: Membership): string | undefined {
  if (status !== "Primary") return `its component is ${status}, not Primary: nobody knows who has the latest`;
  if (/donor|desynced/i.test(state)) return "it is a donor: another member takes its data from it";
  if (state !== "Synced") return `it is ${state}, not Synced: it hasn't everything yet`;
  if (ready !== "ON") return "it isn't ready (wsrep_ready)";
  if (size < 3)
    return `the cluster has ${size} of at least 3 members: without this one its quorum hangs on one machine`;
  if (/^gcomm:\/\/(?:\?|$)/.test(address))
    return "its wsrep_cluster_address names nobody: starting again it would found another cluster";
  if (unit === undefined) return "no unit of systemd runs it: nobody knows how to stop it and start it again";
  return undefined;
}

/** A start can be a whole transfer of state; 15 minutes for the start is MariaDB's own limit, and ten for the rest. */
const undrain = (unit: string) => `(
${client}
systemctl start ${quoteSh(unit)} || exit 1
p_left=300
while :; do
  p_state=$("$p_client" -N -B --connect-timeout=10 -e "SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null)
  case $p_state in *[[:space:]]Synced) exit 0 ;; esac
  [ "$p_left" -gt 0 ] || { echo "it isn't Synced again: $p_state" >&2; exit 1; }
  p_left=$((p_left - 1)); sleep 2
done
) </dev/null`;
