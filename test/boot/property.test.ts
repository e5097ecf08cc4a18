import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { type BootView, decide } from "../../src/boot/decide.ts";
import { intentStates } from "../../src/boot/intent.ts";
import { address, arming, ask, client, type House, hostKey, mac, openHouse, otherAddress, otherMac } from "./house.ts";

const phases = ["unknown", "discovered", "ready", "active", "retired"];
const operations = [undefined, "install", "converge", "rescue", "diskswap", "erase", "inspect"];

test("over all phases, operations and intents: the installer only for an armed machine, at its own address", (t) => {
  let [views, installs] = [0, 0];
  const each = function* (): Generator<BootView> {
    for (const phase of phases)
      for (const kind of operations)
        for (const generation of [1, 2])
          for (const paused of [false, true])
            for (const state of [undefined, ...intentStates])
              for (const expired of [false, true])
                for (const mine of [false, true]) {
                  const operation = kind ? { kind, generation } : undefined;
                  const intent = state && { state, generation: 1, mac, address, expired, mine };
                  yield { node: "web01", phase, operation, paused, intent };
                }
  };
  for (const view of each()) {
    views++;
    const { intent, operation } = view;
    const armed = intent && (intent.state === "armed" || intent.state === "handed") && intent.mine && !intent.expired;
    const wanted =
      operation?.kind === "install" && operation.generation === 1 && !view.paused && view.phase !== "retired";
    for (const [whose, from, leasedTo] of [
      [mac, address, mac],
      [mac, address, otherMac],
      [otherMac, address, mac],
      [mac, otherAddress, otherMac],
      [mac, otherAddress, mac],
    ] as const) {
      const own = whose === mac && from === address && leasedTo === mac;
      const script = decide(view, { kind: "script", mac: whose, from: { address: from, leasedTo } });
      t.is(script.kind === "install-script", Boolean(armed && wanted && own), JSON.stringify([view, whose, from]));
      if (script.kind === "install-script") installs++;
      else t.is(script.kind, "local-disk");
      const payload = decide(view, { kind: "payload", from: { address: from, leasedTo } });
      const here = from === address && leasedTo === mac;
      t.is(payload.kind === "payload", Boolean(armed && wanted && here && intent?.state === "handed"));
    }
    for (const kind of ["pxe", "ipxe", "http-boot", "os"] as const) {
      const { kind: decision } = decide(view, { kind: "dhcp", client: kind, architecture: 0 });
      t.is(decision !== "local-disk", Boolean(armed && wanted && kind !== "os"));
    }
    t.is(
      decide({ ...view, node: undefined }, { kind: "script", mac, from: { address, leasedTo: mac } }).kind,
      "absent",
    );
  }
  t.is(views, 5 * 7 * 2 * 2 * 7 * 2 * 2);
  t.is(installs, 4 * 2);
});

/** What the test itself knows: enough to say when the installer may come, and nothing taken from the code under test. */
interface Known {
  house: House;
  instance: number;
  generation: number;
  armed?: {
    generation: number;
    spent: boolean;
    over: boolean;
    mine: boolean;
    expiresMs: number;
    armedWall: number;
    expiresWall: number;
  };
  token?: string;
  readonly tokens: string[];
  readonly served: Map<number, number>;
  leasedTo: typeof mac;
  install: number;
  paused: boolean;
}

type Act = (known: Known, t: ExecutionContext) => Promise<void>;

const mayInstall = ({ armed, house, install, paused }: Known) => {
  const wall = house.clock.now().getTime();
  const inTime =
    armed &&
    house.clock.monotonicMs() < armed.expiresMs &&
    wall < armed.expiresWall &&
    wall >= armed.armedWall - 300_000;
  return Boolean(
    armed && !armed.spent && !armed.over && armed.mine && inTime && install === armed.generation && !paused,
  );
};

const fetchScript =
  (from: string, whose: string): Act =>
  async (known, t) => {
    const reply = await ask(known.house, `/boot/ipxe?mac=${whose}`, { from });
    const expected = mayInstall(known) && from === address && whose === mac && known.leasedTo === mac;
    t.is(reply.startsWith("200 install"), expected, reply);
    if (!expected) return;
    known.token = reply.slice("200 install ".length);
    known.tokens.push(known.token);
  };

const fetchDeploy =
  (which: number, from: string): Act =>
  async (known, t) => {
    const url = known.tokens.at(-1 - which);
    if (!url) return;
    const reply = await ask(known.house, `${url}/deploy.sh`, { from });
    const expected = mayInstall(known) && url === known.token && from === address && known.leasedTo === mac;
    t.is(reply.startsWith("200"), expected, reply);
    if (!reply.startsWith("200") || !known.armed) return;
    known.armed.spent = true;
    known.served.set(known.armed.generation, (known.served.get(known.armed.generation) ?? 0) + 1);
  };

const armAgain: Act = async (known) => {
  if (known.armed && !known.armed.over) await known.house.intents.cancel("web01");
  known.generation++;
  known.install = known.generation;
  await known.house.intents.arm(arming(known.generation));
  const [now, wall] = [known.house.clock.monotonicMs(), known.house.clock.now().getTime()];
  known.armed = {
    generation: known.generation,
    spent: false,
    over: false,
    mine: true,
    expiresMs: now + 600_000,
    armedWall: wall,
    expiresWall: wall + 600_000,
  };
  delete known.token;
};

const restart: Act = async (known) => {
  const { clock, database, situation } = known.house;
  known.instance++;
  known.house = await openHouse({ clock, database, instance: `${known.instance}` });
  known.house.situation.of = situation.of;
  known.leasedTo = mac;
  if (known.armed) known.armed.mine = false;
};

const resume: Act = async (known) => {
  await known.house.intents.resume("web01", known.generation);
  if (!known.armed || known.armed.mine) return;
  known.armed.mine = true;
  known.armed.expiresMs = Number.POSITIVE_INFINITY;
};

const setSituation =
  (change: Partial<Pick<Known, "install" | "paused">>): Act =>
  async (known) => {
    Object.assign(known, change);
  };

const acts: Readonly<Record<string, Act>> = {
  arm: armAgain,
  script: fetchScript(address, mac),
  "script from elsewhere": fetchScript(otherAddress, mac),
  "script for another MAC": fetchScript(address, otherMac),
  deploy: fetchDeploy(0, address),
  "deploy with an older token": fetchDeploy(1, address),
  "deploy from elsewhere": fetchDeploy(0, otherAddress),
  done: async (known) => {
    if (known.token) await ask(known.house, `${known.token}/done`, { method: "POST", body: `hostkey ${hostKey}` });
  },
  failed: async (known) => {
    const taken =
      known.token && (await ask(known.house, `${known.token}/failed`, { method: "POST", body: "disk-not-found\nx" }));
    if (taken === "200 ok" && known.armed) known.armed.over = true;
  },
  cancel: async (known) => {
    await known.house.intents.cancel("web01");
    if (known.armed) known.armed.over = true;
  },
  "five minutes pass": async ({ house }) => house.clock.advance(300_000),
  "the wall clock jumps ahead": async ({ house }) => house.clock.stepWall(86_400_000),
  "the wall clock falls back": async ({ house }) => house.clock.stepWall(-86_400_000),
  "the lease moves": async (known) => {
    known.leasedTo = known.leasedTo === mac ? otherMac : mac;
    await known.house.leases.commit({ mac: known.leasedTo, address, expiresAt: new Date(0) });
  },
  "the controller restarts": restart,
  "the operation is resumed": resume,
  "the operation ends": setSituation({ install: -1 }),
  "the node is paused": setSituation({ paused: true }),
  "the node is resumed": setSituation({ paused: false }),
  dhcp: async (known, t) => {
    t.is(known.house.service.boot(client("ipxe", 0)).kind === "http", mayInstall(known));
  },
};

test("over any sequence of events: the installer only when armed, and at most once for each arming", async (t) => {
  const count = { served: 0, refused: 0 };
  const property = async (names: readonly string[]) => {
    const house = await openHouse();
    const known: Known = {
      house,
      instance: 1,
      generation: 0,
      tokens: [],
      served: new Map(),
      leasedTo: mac,
      install: -1,
      paused: false,
    };
    for (const name of names) {
      const phase = "unknown";
      known.house.situation.of = {
        phase,
        paused: known.paused,
        operation: { kind: "install", generation: known.install },
      };
      await acts[name]?.(known, t);
      known.house.situation.of = {
        phase,
        paused: known.paused,
        operation: { kind: "install", generation: known.install },
      };
    }
    for (let replay = 0; replay < 100 && known.tokens.length > 0; replay++) {
      const url = known.tokens[replay % known.tokens.length];
      const before = mayInstall(known) && url === known.token && known.leasedTo === mac;
      if (before) continue;
      t.false((await ask(known.house, `${url}/deploy.sh`)).startsWith("200"));
      count.refused++;
    }
    for (const served of known.served.values()) t.is(served, 1);
    count.served += known.served.size;
    await house.database.close();
  };
  const likely = ["arm", "script", "deploy", "script", "deploy"];
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...likely) },
    { weight: 3, arbitrary: fc.constantFrom(...Object.keys(acts)) },
  );
  await fc.assert(fc.asyncProperty(fc.array(name, { minLength: 5, maxLength: 40 }), property), {
    numRuns: 400,
    endOnFailure: false,
  });
  t.true(count.served > 20, `only ${count.served} installs were served, so this proved little`);
  t.true(count.refused > 1000);
});
