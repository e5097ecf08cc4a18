import test from "ava";
import type { NodeReport } from "../../src/app/rollout.ts";
import type { StoredFacts } from "../../src/app/stored-facts.ts";
import { renderFacts } from "../../src/cli/commands/facts.ts";
import { renderFleetEvent, renderLeftOut, renderReports, renderTracks } from "../../src/cli/fleet-lines.ts";
import { formatAge, noColours } from "../../src/cli/style.ts";
import { tracksOf } from "../../src/converge/rollout-policy.ts";
import { environmentFor } from "../app/surroundings.ts";
import { load } from "../inventory/site-on-disk.ts";
import { run } from "./process.ts";

const error = (code: string, message: string) => ({
  code,
  message,
  hint: "h",
  fault: "machine" as const,
  retry: false,
});

const reports: NodeReport[] = [
  { node: "web1", outcome: "changed", changes: 12, durationMs: 4200 },
  { node: "web2", outcome: "unverified", changes: 1, durationMs: 61_000, error: error("verify-failed", "no page") },
  {
    ...{ node: "web3", outcome: "withheld", changes: 0, durationMs: 0 },
    error: error("rollout-stopped", "web3 was not begun: web2 failed"),
  },
];

test("a node's change of state is a line", (t) => {
  const settled = reports.map((report) => renderFleetEvent({ kind: "settled", report }, noColours));
  t.deepEqual(
    [renderFleetEvent({ kind: "begun", node: "web1" }, noColours), ...settled],
    ["▸ web1", "✔ web1  12 changed  4.2 s", "✘ web2  verify-failed  61.0 s", "– web3  not begun: web2 failed"],
  );
});

test("the table at the end, and below it what failed", (t) => {
  t.is(
    renderReports(reports, noColours),
    `NODE  OUTCOME     CHANGES  DURATION  ERROR
web1  changed     12       4.2 s     –
web2  unverified  1        61.0 s    verify-failed
web3  withheld    0        –         rollout-stopped

error[verify-failed]: no page
  hint       h`,
  );
});

test("how it will go, and who is left out", (t) => {
  const nodes = ["a", "b", "c"].map((name) => ({
    name,
    roles: name === "c" ? [] : ["app"],
    groups: [],
    rack: undefined,
  }));
  const tracks = tracksOf({ nodes, fleet: nodes, rollouts: new Map([["app", { canary: 1 }]]) });
  t.deepEqual(renderTracks(tracks), ["rollout of app, each wave verified before the next: a (canary) | b"]);
  t.deepEqual(renderLeftOut({ without: ["d"], notInstalled: [] }), ["left out, nothing of theirs is selected: d"]);
});

for (const [ageSeconds, words] of [
  [0, "now"],
  [1, "1 second ago"],
  [119, "1 minute ago"],
  [7200, "2 hours ago"],
  [200_000, "2 days ago"],
] as const) {
  test(`facts of ${ageSeconds} s were read ${words}`, (t) => t.is(formatAge(ageSeconds), words));
}

test("facts: one a line, long ones cut", (t) => {
  const mounts = Array.from({ length: 9 }, (_, at) => ({
    source: `/dev/sda${at}`,
    path: `/srv/${at}`,
    type: "ext4",
    options: ["rw"],
  }));
  const ages = { kernel: 0, cpus: 300, mounts: 300 };
  const known = { facts: { kernel: "6.1", cpus: 4, mounts }, readAt: {}, ageSeconds: 300, agesSeconds: ages };
  const lines = renderFacts("web1", known as unknown as StoredFacts, noColours).split("\n");
  t.deepEqual(lines.slice(0, 3), [
    "FACT    READ           web1",
    "kernel  now            6.1",
    "cpus    5 minutes ago  4",
  ]);
  t.true(lines[3]?.endsWith("…") && lines[3].length < 150, lines[3]);
});

for (const [line, code, says] of [
  ["plan", 2, /error\[nodes-unnamed\].* and plan doesn.t .*\n.*--limit role=NAME/],
  ["apply", 2, /error\[nodes-unnamed\].*\n.*all 2 of them: --all/],
  ["apply n9", 2, /error\[inventory-unknown-node\]/],
  ["apply --limit rack=r9", 2, /error\[limit-unknown\]: no node of the inventory has rack "r9"/],
  ["apply --limit n* --max 1", 2, /error\[too-many-nodes\].* 2 nodes, and 1 is the most without --all: n1, n2/],
  ["apply --all --max none", 2, /error\[usage\]: --max none is no number/],
  ["apply n1 --only rol=base", 2, /error\[selector-invalid\].*\n.*Did you mean "role"/],
  ["apply n1 --only type=user", 2, /error\[selection-empty\]: type=user selects nothing of what n1 should have/],
  ["apply --limit n1 --only role=varnish", 2, /error\[selection-empty\]/],
  ["plan n1", 2, /error\[host-key-unknown\].*\n.*provision node n1/],
  ["plan --limit n1,n2", 1, /n1 +\? +\? +host-key-unknown\nn2 +\? +\? +host-key-unknown/],
  ["facts n1 --stored", 2, /error\[facts-unknown\].*\n.*provision facts n1 --fresh/],
  ["facts n1 --stored --fresh", 2, /error\[usage\]/],
] as const) {
  test(`provision ${line} ends with ${code} and touches nothing`, async (t) => {
    const { folder } = load(t, { "nodes/n1.yaml": nodeWithBase(1), "nodes/n2.yaml": nodeWithBase(2) });
    const ended = await run(["--inventory", folder, ...line.split(" ")], { environment: environmentFor(t) });
    t.is(ended.code, code, ended.stdout + ended.stderr);
    t.regex(ended.stdout + ended.stderr, says);
  });
}

function nodeWithBase(number: number): string {
  return `rack: r${number}
interfaces: [{ mac: "52:54:00:00:00:0${number}", network: rack, address: 192.0.2.1${number} }]
bmc: { driver: manual }
firmware: uefi
disks: [{ serial: N${number}-A }, { serial: N${number}-B }]
profile: plain
roles: { base: }
`;
}
