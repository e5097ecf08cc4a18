import test from "ava";
import { examine, judgePort } from "../../src/app/doctor.ts";
import type { Listener } from "../../src/app/listeners.ts";
import { good, load } from "../inventory/site-on-disk.ts";
import { surroundings } from "./surroundings.ts";

const ours: Listener = { protocol: "udp", address: "10.77.0.1", port: 67 };
for (const [what, holder, daemon, verdict] of [
  ["nobody holds it", undefined, false, "good"],
  ["somebody holds just this one", ours, false, "bad"],
  ["somebody holds the port on every address", { ...ours, address: "0.0.0.0" }, false, "bad"],
  ["our own daemon holds it", ours, true, "good"],
  ["the same port on another address", { ...ours, address: "127.0.0.1" }, false, "good"],
  ["the same number of another protocol", { ...ours, protocol: "tcp" }, false, "good"],
  ["another port", { ...ours, port: 68 }, false, "good"],
] as const) {
  test(`a port is ${verdict} when ${what}`, (t) => {
    const finding = judgePort(ours, holder ? [holder] : [], daemon);
    t.is(finding.verdict, verdict);
    t.is(finding.remedy !== undefined, verdict === "bad");
    t.regex(finding.evidence, /udp 10\.77\.0\.1:67/);
  });
}

const interfaces = {
  "site.yaml": (good["site.yaml"] as string).replace("eth0", "noSuchCard"),
  "profiles/plain.yaml": (good["profiles/plain.yaml"] as string).replace(" }", ", codename: bookworm }"),
};
/** Without a BMC nobody has to be waited for. */
const byHand = Object.fromEntries(
  ["nodes/n1.yaml", "nodes/n2.yaml"].map((name) => [
    name,
    (good[name] as string).replace(/bmc:\n(?: {2}.*\n)+/, "bmc: { driver: manual }\n"),
  ]),
);

test("a machine that is no controller yet: every finding has its evidence, every bad one its remedy", async (t) => {
  const { folder } = load(t, { ...interfaces, ...byHand });
  const findings = await examine(surroundings(t, folder));
  const verdicts = findings.map(({ check, verdict }) => `${check}: ${verdict}`);
  t.like(findings[0], { check: "privileges", verdict: "bad" });
  t.like(findings[1], { check: "interface", verdict: "bad" });
  t.regex(findings[1]?.evidence ?? "", /noSuchCard is not there/);
  t.regex(findings[1]?.remedy ?? "", /ip address add 192\.0\.2\.1\/24 dev noSuchCard/);
  t.is(verdicts.filter((one) => one.startsWith("port: ")).length, 3);
  t.is(verdicts.filter((one) => one === "BMC: good").length, 2);
  t.is(findings.filter(({ check }) => check === "packages").length, 1);
  t.regex(findings.find(({ check }) => check === "image")?.evidence ?? "", /^plain is not built$/);
  t.deepEqual(
    findings.filter(({ verdict, remedy }) => (verdict === "good") !== (remedy === undefined)),
    [],
  );
  t.false(
    verdicts.some((one) => one.startsWith("other DHCP servers")),
    "asking needs root",
  );
});

test("as root it asks for other DHCP servers, and an interface that isn't there is a warning", async (t) => {
  const { folder } = load(t, { ...interfaces, ...byHand });
  const findings = await examine(surroundings(t, folder, true));
  const [finding] = findings.filter(({ check }) => check === "other DHCP servers");
  t.like(finding, { verdict: "warning" });
  t.regex(finding?.evidence ?? "", /noSuchCard/);
});

test("a BMC that doesn't answer is bad, and delays no other", async (t) => {
  const { folder } = load(t, {
    ...interfaces,
    "nodes/n1.yaml": byHand["nodes/n1.yaml"] as string,
    "nodes/n2.yaml": (good["nodes/n2.yaml"] as string).replace("198.51.100.12", "127.0.0.1"),
  });
  const findings = await examine(surroundings(t, folder));
  const bmcs = findings.filter(({ check }) => check === "BMC");
  t.deepEqual(
    bmcs.map(({ verdict }) => verdict),
    ["good", "bad"],
  );
  t.regex(bmcs[1]?.evidence ?? "", /^n2: .*127\.0\.0\.1/);
  t.regex(bmcs[1]?.remedy ?? "", /provision bmc ping n2/);
});

test("an invalid inventory is every mistake at once, before anything is looked at", async (t) => {
  const { folder } = load(t, { "nodes/n1.yaml": "firmware: uefy\nprofil: plain\n" });
  const error = await t.throwsAsync(examine(surroundings(t, folder)), { instanceOf: AggregateError });
  t.true((error as AggregateError).errors.length > 2);
});
