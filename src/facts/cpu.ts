import { type Fact, pairOf } from "./fact.ts";

export interface Cpu {
  /** `AMD EPYC 7302P 16-Core Processor`; empty where /proc/cpuinfo doesn't say. */
  readonly model: string;
  readonly sockets: number;
  /** Of all sockets together. */
  readonly cores: number;
  /** What the kernel schedules on. */
  readonly threads: number;
  /** `uname -m`: `x86_64`, `aarch64`. */
  readonly architecture: string;
}

/** Topology from sysfs, as /proc/cpuinfo has other fields on each architecture. */
const script = `printf '%s\\n' "architecture=$(uname -m)"
while IFS=: read -r c_key c_value; do
  case $c_key in 'model name'* | cpu'	'*) printf '%s\\n' "model=\${c_value# }"; break ;; esac
done < /proc/cpuinfo
for c_cpu in /sys/devices/system/cpu/cpu[0-9]*; do
  c_socket= c_core=
  [ ! -r "$c_cpu/topology/physical_package_id" ] || read -r c_socket < "$c_cpu/topology/physical_package_id"
  [ ! -r "$c_cpu/topology/core_id" ] || read -r c_core < "$c_cpu/topology/core_id"
  [ -z "$c_core" ] || printf '%s\\n' "thread=$c_socket $c_core"
done`;

export const cpu: Fact<Cpu> = {
  name: "cpu",
  cheap: false,
  script,
  parse: (lines) => {
    const pairs = lines.map(pairOf);
    const one = (wanted: string) => pairs.find(([key]) => key === wanted)?.[1].trim() ?? "";
    const threads = pairs.flatMap(([key, value]) => (key === "thread" ? [value] : []));
    const sockets = new Set(threads.map((thread) => thread.split(" ")[0]));
    return {
      model: one("model"),
      sockets: sockets.size,
      cores: new Set(threads).size,
      threads: threads.length,
      architecture: one("architecture"),
    };
  },
};
