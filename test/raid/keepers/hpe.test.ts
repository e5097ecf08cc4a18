import test, { type ExecutionContext } from "ava";
import type { Act } from "../../../src/raid/acts/act.ts";
import { hpeKeeper } from "../../../src/raid/keepers/hpe.ts";
import { readBay } from "../../../src/raid/keepers/keeper.ts";
import { makeHost, shells } from "../../facts/made-host.ts";
import { member, mirror } from "./pools.ts";

const one = member("slot=0 pd 1I:1:1", { serial: "S1", slot: "1I:1:1", said: "OK" });
const two = member("slot=0 pd 1I:1:2", {
  serial: "S2",
  slot: "1I:1:2",
  state: "predicted",
  said: "Predictive Failure",
});
const pool = mirror("hpe", "slot=0 ld 1", [one, two], { said: "OK" });

interface Drive {
  readonly drive?: readonly [status: string, serial: string, type?: string];
  readonly volume?: string;
  readonly deaf?: boolean;
}

function hostWith(t: ExecutionContext, { drive, volume = "OK", deaf = false }: Drive) {
  const host = makeHost(t);
  const [status, serial, type = "Data Drive"] = drive ?? [];
  const fields = `\\n      physicaldrive 1I:1:2\\n         Bay: 2\\n         Status: ${status}\\r\\n         Drive Type: ${type}\\r\\n         Serial Number: ${serial}\\r\\n         Model: HP      EG1200JETKC\\n`;
  host.tool("sync", ":");
  host.tool(
    "ssacli",
    `case "$*" in
  "ctrl slot=0 pd 1I:1:2 show detail") ${drive ? `printf '${fields}'` : "echo 'Error: The specified device does not exist.'; exit 1"} ;;
  "ctrl slot=0 ld 1 show detail") printf '\\n   Array A\\n\\n      Logical Drive: 1\\n         Fault Tolerance: 1\\n         Status: ${volume.replaceAll("%", "%%")}\\n         OS Status: LOCKED\\n' ;;
  *) echo "$@" >> ${host.root}/asked; ${deaf ? "exit 1" : ":"} ;;
esac`,
  );
  return (act: Act | undefined, shell: readonly string[]) => {
    host.file("/asked", "");
    const { lines, exitCode } = host.run(act?.script ?? "exit 9", shell);
    return { lines, exitCode, did: host.read("/asked").split("\n").filter(Boolean) };
  };
}

const fine = (line: string) => ({ lines: [line], exitCode: 0, did: [] });
const refused = (words: string) => ({ lines: [`@refuse ${words}`], exitCode: 3, did: [] });

for (const [name, shell] of shells) {
  for (const [says, given, expected] of [
    ["a disk that is predicted to fail", { drive: ["Predictive Failure", "S2"] }, fine("ready 1I:1:2")],
    ["the controller failed it", { drive: ["Failed", "S2"], volume: "Interim Recovery Mode" }, fine("out 1I:1:2")],
    ["it was pulled", { volume: "Interim Recovery Mode" }, fine("absent")],
    ["another disk is in its bay", { drive: ["OK", "S9"] }, refused("moved in 1I:1:2 is the disk S9, not S2")],
    ["it doesn't say who it is", { drive: ["OK", ""] }, refused("no-serial 1I:1:2 does not tell its serial number")],
    [
      "the array lost another one meanwhile",
      { drive: ["OK", "S2"], volume: "Interim Recovery Mode" },
      refused('moved the logical drive 1 is "Interim Recovery Mode", and was "OK" when this was planned'),
    ],
  ] as const) {
    test(`hpe leave by ${name}: ${says}`, (t) => {
      t.deepEqual(hostWith(t, given as Drive)(hpeKeeper.steps(pool, two, []).leave[0], shell) as unknown, expected);
    });
  }

  for (const [says, given, expected] of [
    [
      "it is being rebuilt",
      { drive: ["Rebuilding", "S9"], volume: "Recovering, 2.10% complete" },
      fine("Rebuilding, Recovering, 2.10% complete"),
    ],
    ["it waits for its turn", { drive: ["OK", "S9"], volume: "Ready for Rebuild" }, fine("OK, Ready for Rebuild")],
    ["the old disk again", { drive: ["Failed", "S2"] }, refused("same-disk in 1I:1:2 is the old disk S2 again")],
    ["nothing is in the bay", {}, refused("no-disk nothing is in 1I:1:2 of the controller in slot 0")],
    [
      "the new one is bad: too small, or dead",
      { drive: ["Failed", "S9"], volume: "Interim Recovery Mode" },
      refused('disk-bad the controller calls the new drive in 1I:1:2 "Failed"'),
    ],
    [
      "it stays by itself",
      { drive: ["OK", "S9", "Unassigned Drive"], volume: "Interim Recovery Mode" },
      refused("disk-in-use 1I:1:2 is a drive by itself (Unassigned Drive): the controller doesn't take it"),
    ],
    [
      "nothing is rebuilt",
      { drive: ["OK", "S9"], volume: "Interim Recovery Mode" },
      refused('not-rebuilding the logical drive 1 is "Interim Recovery Mode", the drive in 1I:1:2 "OK"'),
    ],
  ] as const) {
    test(`hpe join by ${name}: ${says}`, (t) => {
      t.deepEqual(
        hostWith(t, given as Drive)(hpeKeeper.steps(pool, two, []).join("slot=0 pd 1I:1:2")[0], shell) as unknown,
        expected,
      );
    });
  }

  test(`hpe by ${name}: who is in the bay`, (t) => {
    const look = (given: Drive) =>
      readBay(hostWith(t, given)(hpeKeeper.steps(pool, two, []).bay?.look("slot=0 pd 1I:1:2"), shell).lines);
    t.deepEqual(look({ drive: ["Predictive Failure", "S2"] }), { serial: "S2", said: "Predictive Failure" });
    t.deepEqual(look({ drive: ["Rebuilding", "S9"] }), { serial: "S9", said: "Rebuilding" });
    t.is(look({ drive: ["Failed", "S2"] }), undefined);
    t.is(look({}), undefined);
  });

  test(`hpe light by ${name}: on for an hour, off, and none where it doesn't do it`, (t) => {
    const { locateOn, locateOff } = hpeKeeper.steps(pool, two, []);
    const run = hostWith(t, {});
    t.deepEqual(run(locateOn, shell), {
      lines: ["led controller"],
      exitCode: 0,
      did: ["ctrl slot=0 pd 1I:1:2 modify led=on duration=3600"],
    });
    t.deepEqual(run(locateOff, shell), {
      lines: ["led controller"],
      exitCode: 0,
      did: ["ctrl slot=0 pd 1I:1:2 modify led=off"],
    });
    t.deepEqual(hostWith(t, { deaf: true })(locateOn, shell).lines, ["led none"]);
  });
}

test("hpe: a drive is called as ssacli calls it", (t) => {
  t.throws(() => hpeKeeper.steps(pool, two, []).join("sdb"), { message: /is called slot=0 pd 1I:1:2/ });
});
