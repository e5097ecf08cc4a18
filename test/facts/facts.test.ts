import test from "ava";
import { facts, parseFacts } from "../../src/facts/list.ts";

for (const [name, lines, value] of [
  [
    "os",
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', 'VERSION_ID="12"', "VERSION_CODENAME=bookworm", "ID=debian"],
    { id: "debian", release: "12", codename: "bookworm" },
  ],
  ["os", ["ID='rocky'", 'VERSION_ID="9.4"'], { id: "rocky", release: "9.4", codename: "" }],
  ["os", [], { id: "unknown", release: "", codename: "" }],
  ["kernel", ["6.1.0-37-amd64"], "6.1.0-37-amd64"],
  ["bootId", ["b0b07448-a4c2-4d50-adc0-61d7ea055cf5"], "b0b07448-a4c2-4d50-adc0-61d7ea055cf5"],
  ["memoryBytes", ["MemTotal:        1507328 kB"], 1543503872],
  ["memoryBytes", [], 0],
  ["cpus", ["2"], 2],
  [
    "interfaces",
    ["lo 00:00:00:00:00:00 unknown", "ens3 52:54:00:77:00:01 up"],
    [{ name: "ens3", mac: "52:54:00:77:00:01", state: "up" }],
  ],
] as const) {
  test(`fact ${name} of ${JSON.stringify(lines)}`, (t) => {
    t.deepEqual(facts.find((fact) => fact.name === name)?.parse(lines), value as unknown);
  });
}

test("facts that a host didn't tell have a form all the same", (t) => {
  t.deepEqual(
    Object.keys(parseFacts(new Map())),
    facts.map(({ name }) => name),
  );
});
