import type { Fact } from "./fact.ts";

export interface NetworkInterface {
  readonly name: string;
  readonly mac: string;
  /** sysfs operstate: `up`, `down`, `unknown`. */
  readonly state: string;
}

export const interfaces: Fact<readonly NetworkInterface[]> = {
  name: "interfaces",
  script: `for i in /sys/class/net/*; do
  m= s=
  [ -r "$i/address" ] && read -r m < "$i/address"
  [ -r "$i/operstate" ] && read -r s < "$i/operstate"
  echo "\${i##*/} \${m:-none} \${s:-unknown}"
done`,
  parse: (lines) =>
    lines
      .map((line) => line.split(" "))
      .map(([name = "", mac = "", state = ""]) => ({ name, mac, state }))
      .filter(({ name }) => name !== "lo"),
};
