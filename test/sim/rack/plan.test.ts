import { inspect } from "node:util";
import test from "ava";
import { ProvisionError } from "../../../src/errors.ts";
import { Secret } from "../../../src/secret.ts";
import { checkPlan } from "../../../src/sim/rack/check.ts";
import { createRackPlan, decodePlan, encodePlan, isSamePlan, type RackPlan } from "../../../src/sim/rack/plan.ts";
import { checkRequirements } from "../../../src/sim/rack/requirements.ts";
import type { Ipv4Address, MacAddress } from "../../../src/wire/addresses.ts";
import { type Machine, machine, plan } from "./plans.ts";

const second: Partial<Machine> = {
  name: "web02",
  mac: "52:54:00:77:00:02" as MacAddress,
  disks: [{ serial: "WEB02-A", sizeMiB: 64 }],
  bmc: { ...machine().bmc, address: "127.0.77.12" as Ipv4Address },
};

const withMachines = (...machines: Machine[]): RackPlan =>
  createRackPlan({ ...plan("/r"), machines }, { state: "/r/state", run: "/r/run" });

test("a good plan passes", (t) => {
  t.notThrows(() => checkPlan(withMachines(machine(), machine(second))));
});

for (const [what, bad, sentence] of [
  ["without machines", withMachines(), /it has no machines/],
  [
    "two machines of one name",
    withMachines(machine(), machine({ ...second, name: "web01" })),
    /machine web01 is there twice/,
  ],
  [
    "one MAC twice",
    withMachines(machine(), machine({ ...second, mac: machine().mac })),
    /MAC address 52:54:00:77:00:01/,
  ],
  [
    "one BMC address twice",
    withMachines(machine(), machine({ ...second, bmc: machine().bmc })),
    /127\.0\.77\.11:623 is there/,
  ],
  [
    "one disk serial twice",
    withMachines(machine(), machine({ ...second, disks: machine().disks })),
    /disk serial WEB01-A/,
  ],
  ["a machine without disks", withMachines(machine({ disks: [] })), /web01 has no disks/],
  [
    "a serial with a comma",
    withMachines(machine({ disks: [{ serial: "A,b=c", sizeMiB: 1 }] })),
    /"A,b=c" is no disk serial/,
  ],
  ["a multicast MAC", withMachines(machine({ mac: "01:00:5e:00:00:01" as MacAddress })), /multicast/],
  [
    "a controller outside its network",
    { ...plan("/r"), controller: "10.1.0.1" as Ipv4Address },
    /not in 10\.96\.0\.0\/24/,
  ],
  ["a bridge's name of 16 letters", { ...plan("/r"), bridge: "b".repeat(16) }, /bridge's name/],
  ["a namespace that is a path", { ...plan("/r"), namespace: "../x" }, /no name for a namespace/],
  ["a socket path longer than the kernel takes", plan(`/${"r".repeat(100)}`), /over 107 bytes/],
] as const) {
  test(`refused before anything is made: ${what}`, (t) => {
    const error = t.throws(() => checkPlan(bad), { instanceOf: ProvisionError });
    t.is(error?.code, "rack-plan");
    t.regex(error?.message ?? "", sentence);
  });
}

test("the plan survives its file; its passwords are readable nowhere else", (t) => {
  const before = withMachines(machine({ bmc: { ...machine().bmc, password: new Secret("s3cret") } }));
  const after = decodePlan(encodePlan(before));
  t.is(after.machines[0]?.bmc.password.reveal(), "s3cret");
  t.true(isSamePlan(before, after));
  t.false(isSamePlan(before, withMachines(machine())));
  t.false(inspect(after, { depth: 9 }).includes("s3cret") || JSON.stringify(after).includes("s3cret"));
});

test("a machine keeps its UUID; two machines have two", (t) => {
  const uuids = () => withMachines(machine(), machine(second)).machines.map(({ uuid }) => uuid);
  t.deepEqual(uuids(), uuids());
  t.is(new Set(uuids()).size, 2);
  for (const uuid of uuids()) t.regex(uuid, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
});

for (const [firmware, gone, packages] of [
  ["uefi", /OVMF/, ["ovmf"]],
  ["bios", /OVMF/, undefined],
  ["bios", /qemu-system/, ["qemu-system-x86"]],
  ["bios", /radvd|^ip$/, ["iproute2", "radvd"]],
] as const) {
  const outcome = packages ? `names ${packages.join(" and ")}` : "needs nothing more";
  test(`${firmware} machines without what matches ${gone}: the error ${outcome}`, (t) => {
    const check = () => checkRequirements(withMachines(machine({ firmware })), (thing) => !gone.test(thing));
    if (!packages) return t.notThrows(check);
    const error = t.throws(check, { instanceOf: ProvisionError });
    t.is(error?.code, "rack-package-missing");
    t.regex(error?.hint ?? "", new RegExp(`apt-get install --no-install-recommends ${packages.join(" ")}$`));
  });
}
