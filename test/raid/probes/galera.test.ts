import test from "ava";
import { galera } from "../../../src/raid/probes/galera.ts";
import { linesOf, report, told } from "./recorded.ts";

const one = linesOf("galera-member.txt");
const member = (changes: Readonly<Record<string, string>> = {}) =>
  Object.entries({ wsrep_cluster_size: "3", ...changes }).reduce(
    (lines, [name, value]) => lines.map((line) => (line.startsWith(`is ${name}\t`) ? `is ${name}\t${value}` : line)),
    one as readonly string[],
  );
const fine =
  "present | cluster wsrep cluster main: size 3, Primary, Synced, ready | database mariadb: 10.11.19-MariaDB-0+deb12u1, in a cluster";

for (const [what, lines, piece] of [
  ["no server", [], "absent"],
  ["a member of three", member(), fine],
  ["the recorded cluster of one", one, "HELD BACK the cluster has 1 of at least 3 members"],
  ["two members", member({ wsrep_cluster_size: "2" }), "HELD BACK the cluster has 2 of at least 3"],
  ["a donor", member({ wsrep_local_state_comment: "Donor/Desynced" }), "HELD BACK it is a donor"],
  ["a joiner", member({ wsrep_local_state_comment: "Joiner" }), "HELD BACK it is Joiner, not Synced"],
  [
    "not in the primary component",
    member({ wsrep_cluster_status: "non-Primary" }),
    "HELD BACK its component is non-Primary",
  ],
  ["not ready", member({ wsrep_ready: "OFF" }), "not ready; HELD BACK it isn't ready"],
  [
    "an address that names nobody",
    member({ wsrep_cluster_address: "gcomm://" }),
    "HELD BACK its wsrep_cluster_address names nobody",
  ],
  ["no unit", member().filter((line) => !line.startsWith("unit ")), "HELD BACK no unit of systemd runs it"],
  ["a size that is no number", member({ wsrep_cluster_size: "many" }), 'unknown: wsrep_cluster_size is "many"'],
  [
    "half an answer",
    member().filter((line) => !line.includes("wsrep_ready")),
    "unknown: the server doesn't tell wsrep_ready",
  ],
  ["garbage", ["is ERROR 2002"], "unknown: the server doesn't tell its version"],
  ["MariaDB in no cluster", linesOf("mariadb-alone.txt"), "present | database mariadb: 10.11.19-MariaDB-0+deb12u1"],
  ["MySQL", ["is version\t8.0.36", "unit mysql"], "present | database mysql: 8.0.36"],
] as const) {
  test(what, (t) => {
    const line = told(report(galera, lines));
    t.true(line.includes(piece), line);
  });
}

test("the cluster's member is drained, its database isn't drained a second time", (t) => {
  const found = report(galera, member());
  const [cluster, database] = found.state === "present" ? (found.carried ?? []) : [];
  t.is(cluster?.drain, "systemctl stop mariadb");
  t.regex(cluster?.undrain ?? "", /systemctl start mariadb[\s\S]*Synced/);
  t.is(cluster?.holdsBack, undefined);
  t.is(database?.drain, undefined);
});
