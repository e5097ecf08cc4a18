import { type Fact, numberOf, pairOf } from "./fact.ts";

export interface Network {
  /** Without the loopback. */
  readonly interfaces: readonly NetworkInterface[];
  readonly routes: readonly Route[];
}

export interface NetworkInterface {
  readonly name: string;
  readonly mac: string;
  /** sysfs operstate: `up`, `down`, `unknown`. */
  readonly state: string;
  readonly mtu: number;
  /** Megabit per second, of a link that is up. */
  readonly speedMbps?: number;
  /** With hardware behind it: no bridge, bond, VLAN, tunnel. */
  readonly physical: boolean;
  /** With prefix length, IPv4 first: `10.77.0.11/24`. */
  readonly addresses: readonly string[];
}

export interface Route {
  /** `default`, or a network: `10.77.0.0/24`. */
  readonly to: string;
  readonly via?: string;
  readonly interface?: string;
  readonly family: 4 | 6;
}

/** Addresses and routes by ip(8): iproute2's and busybox's print the same in one-line form. */
const script = `for n_path in /sys/class/net/*; do
  n_name=\${n_path##*/} n_mac= n_state= n_mtu= n_speed= n_physical=no
  [ ! -r "$n_path/address" ] || read -r n_mac < "$n_path/address"
  [ ! -r "$n_path/operstate" ] || read -r n_state < "$n_path/operstate"
  [ ! -r "$n_path/mtu" ] || read -r n_mtu < "$n_path/mtu"
  read -r n_speed < "$n_path/speed" || :
  [ ! -e "$n_path/device" ] || n_physical=yes
  printf '%s\\n' "interface=$n_name \${n_mac:--} \${n_state:-unknown} \${n_mtu:-0} $n_physical \${n_speed:--}"
done
ip -o addr show | while read -r n_index n_name n_family n_address n_rest; do
  case $n_family in inet | inet6) printf '%s\\n' "address=\${n_name%:} $n_address" ;; esac
done
ip -4 route show | while IFS= read -r n_line; do printf '%s\\n' "route4=$n_line"; done
ip -6 route show | while IFS= read -r n_line; do printf '%s\\n' "route6=$n_line"; done`;

function parse(lines: readonly string[]): Network {
  const pairs = lines.map(pairOf);
  const all = (wanted: string) => pairs.flatMap(([key, value]) => (key === wanted ? [value] : []));
  const addresses = all("address").map((text) => text.split(" "));
  const interfaces = all("interface").flatMap((text): NetworkInterface[] => {
    const [name = "", mac = "", state = "", mtu, physical, speed] = text.split(" ");
    if (name === "lo") return [];
    const mbps = numberOf(speed) ?? 0;
    const own = addresses.flatMap(([of, address]) => (of?.split("@")[0] === name && address ? [address] : []));
    return [
      {
        ...{ name, mac, state, mtu: numberOf(mtu) ?? 0, physical: physical === "yes", addresses: own },
        ...(mbps > 0 ? { speedMbps: mbps } : {}),
      },
    ];
  });
  return { interfaces, routes: [...all("route4").map(route(4)), ...all("route6").map(route(6))] };
}

const route =
  (family: 4 | 6) =>
  (line: string): Route => {
    const words = line.trim().split(/\s+/);
    const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
    const [via, on] = [after("via"), after("dev")];
    return { to: words[0] ?? "", family, ...(via ? { via } : {}), ...(on ? { interface: on } : {}) };
  };

export const network: Fact<Network> = { name: "network", cheap: false, script, parse };
