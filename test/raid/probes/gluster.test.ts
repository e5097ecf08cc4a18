import { readFileSync } from "node:fs";
import test from "ava";
import { gluster } from "../../../src/raid/probes/gluster.ts";
import { makeBench, shells } from "./bench.ts";
import { recorded, report, told } from "./recorded.ts";

const self = "c302551b-b895-4c15-b705-186747002e9a";
const flat = (xml: string) => xml.replaceAll("\n", " ");

/** The recorded volume has its bricks on one host; here each has a host of its own, and this one has the first. */
function spread(xml: string): string {
  let brick = 0;
  return xml.replaceAll(new RegExp(`<hostUuid>${self}</hostUuid>`, "g"), (text) =>
    brick++ === 0 ? text : "<hostUuid>other</hostUuid>",
  );
}

const [info, status, heal] = ["gluster-info.xml", "gluster-status.xml", "gluster-heal.xml"].map(recorded) as [
  string,
  string,
  string,
];
const [deadStatus, deadHeal] = ["gluster-status-dead-brick.xml", "gluster-heal-dead-brick.xml"].map(recorded) as [
  string,
  string,
];

interface Answers {
  readonly info?: string;
  readonly status?: string | undefined;
  readonly heal?: string | undefined;
}

const lines = (answers: Answers = {}) => {
  const all = { info: spread(info), status, heal, ...answers };
  return [
    `self ${self}`,
    `info gv0 ${flat(all.info)}`,
    ...(all.status === undefined ? [] : [`status gv0 ${flat(all.status)}`]),
    ...(all.heal === undefined ? [] : [`heal gv0 ${flat(all.heal)}`]),
  ];
};

const pending = heal.replace("<totalNumberOfEntries>0<", "<totalNumberOfEntries>42<");
const split = heal.replace("<numberOfEntriesInSplitBrain>0<", "<numberOfEntriesInSplitBrain>1<");
const dash = heal.replace("<totalNumberOfEntries>0<", "<totalNumberOfEntries>-<");
/** The dead brick is the third: let it be this host's. */
let third = 0;
const ownDead = info.replaceAll(`<hostUuid>${self}<`, (text) => (++third === 3 ? text : "<hostUuid>other<"));
/** Of a host that is away nothing is listed at all: seen with three hosts. */
const away = status.replace(/<node>\s*<hostname>probes<\/hostname>\s*<path>\/brick3<[\s\S]*?<\/node>/, "");
const distribute = spread(info).replace("<replicaCount>3<", "<replicaCount>1<").replace(">Replicate<", ">Distribute<");

for (const [what, of, piece] of [
  ["no gluster", [], "absent"],
  [
    "a client: volumes of others only",
    lines({ info: info.replaceAll(`<hostUuid>${self}`, "<hostUuid>other") }),
    "absent",
  ],
  ["whole", lines(), "present | filesystem volume gv0: Replicate, 3 of 3 bricks up, 0 entries to heal"],
  [
    "all bricks of the set on this host, as recorded",
    lines({ info }),
    "HELD BACK too many bricks of one set are on this host",
  ],
  [
    "another's brick is down",
    lines({ status: deadStatus, heal: deadHeal }),
    "2 of 3 bricks up, 0 entries to heal; HELD BACK bricks of others are down: probes:/brick3",
  ],
  [
    "another host is away",
    lines({ status: away, heal: deadHeal }),
    "2 of 3 bricks up, 0 entries to heal; HELD BACK bricks of others are down: probes:/brick3",
  ],
  [
    "this host's brick is down",
    lines({ info: ownDead, status: deadStatus, heal: deadHeal }),
    "2 of 3 bricks up, 0 entries to heal",
  ],
  [
    "another's brick can't be asked, though it is up",
    lines({ heal: deadHeal }),
    "HELD BACK what is to heal isn't known of probes:/brick3",
  ],
  ["a dash isn't nothing", lines({ heal: dash }), "HELD BACK what is to heal isn't known of probes:/brick1"],
  [
    "entries to heal",
    lines({ heal: pending }),
    "42 entries to heal; HELD BACK entries are still to be healed on probes:/brick1",
  ],
  ["split-brain", lines({ heal: split }), "HELD BACK split-brain on probes:/brick1"],
  [
    "no replicas",
    lines({ info: distribute, heal: recorded("gluster-heal-distribute.xml") }),
    "HELD BACK each file is on one brick only",
  ],
  [
    "stopped",
    lines({ info: spread(info).replace(">Started<", ">Stopped<"), status: undefined, heal: undefined }),
    "volume gv0: Replicate, stopped",
  ],
  ["no status came", lines({ status: undefined }), "unknown: gv0: gluster gave no answer"],
  [
    "gluster refuses in words",
    lines({ heal: "<cliOutput><opRet>-1</opRet><opErrstr>Another transaction is in progress</opErrstr></cliOutput>" }),
    "unknown: gv0: Another transaction is in progress",
  ],
  ["garbage", ["self x", "info gv0 Error : Request timed out"], "unknown: gluster's volume info has another shape"],
  ["nobody said who this host is", lines().slice(1), "unknown: gluster doesn't tell who this host is"],
] as const) {
  test(what, (t) => {
    const line = told(report(gluster, of));
    t.true(line.includes(piece), line);
    if (!piece.includes("HELD")) t.false(line.includes("HELD"), line);
  });
}

test("two of three replicas must stay, and of two one", (t) => {
  let brick = 0;
  const twoHere = info.replaceAll(`<hostUuid>${self}<`, (text) => (brick++ < 2 ? text : "<hostUuid>other<"));
  t.regex(told(report(gluster, lines({ info: twoHere }))), /too many bricks of one set/);
  const pair = spread(info)
    .replace("<replicaCount>3<", "<replicaCount>2<")
    .replace(/<brick [^>]*>probes:\/brick3.*<\/brick>/, "");
  t.notRegex(told(report(gluster, lines({ info: pair }))), /HELD/);
});

test("a stopped volume, and one without copies, have nothing to wait for", (t) => {
  const stopped = report(gluster, lines({ info: spread(info).replace(">Started<", ">Stopped<"), status: undefined }));
  const alone = report(gluster, lines({ info: distribute, heal: recorded("gluster-heal-distribute.xml") }));
  for (const found of [stopped, alone]) {
    const [volume] = found.state === "present" ? (found.carried ?? []) : [];
    t.is(volume?.name, "volume gv0");
    t.is(volume?.drain, undefined);
    t.is(volume?.undrain, undefined);
  }
});

for (const shell of shells) {
  test(`${shell}: it is waited for until every brick has told that it has nothing to heal`, async (t) => {
    const bench = makeBench(t, shell);
    bench.file("0", pending);
    bench.file("1", deadHeal);
    bench.file("2", heal);
    bench.file("at", "0");
    bench.tool("systemctl", `echo "$*" >> ${bench.path("log")}`);
    bench.tool(
      "gluster",
      `read -r at < ${bench.path("at")}; cat ${bench.path("$at")}; [ "$at" = 2 ] || echo $((at + 1)) > ${bench.path("at")}`,
    );
    const found = report(gluster, lines());
    const [volume] = found.state === "present" ? (found.carried ?? []) : [];
    for (const wait of [volume?.drain, volume?.undrain]) {
      bench.file("at", "0");
      t.is((await bench.run((wait ?? "exit 9").replace("sleep 5", ":"))).exitCode, 0);
      t.is(readFileSync(bench.path("at"), "utf8").trim(), "2");
    }
    t.is(readFileSync(bench.path("log"), "utf8"), "start glusterd\n");
  });
}
