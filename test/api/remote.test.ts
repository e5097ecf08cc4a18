import { createServer } from "node:http";
import { createConnection } from "node:net";
import test from "ava";
import { connectController } from "../../src/app/remote.ts";
import { createFakeClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { fetchHttp } from "../../src/http/client.ts";
import { fail } from "../../src/lifecycle/errors.ts";
import type { OperationEvent } from "../../src/lifecycle/events.ts";
import {
  begun,
  createFakeController,
  type FakeController,
  instant,
  line,
  proposal,
  result,
  status,
} from "./fake-controller.ts";
import { remoteAt, remoteOf, serve, socketPath } from "./served.ts";

const request = { node: "web01", by: "me", reinstall: false };
const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("nobody listens: there is no daemon, and that is no error", async (t) => {
  t.is(await connectController("/nonexistent/api.sock"), undefined);
});

test("a socket that a dead daemon left behind is no daemon", async (t) => {
  const { path, server } = await serve(t, createFakeController());
  await server.close();
  t.is(await connectController(path), undefined);
});

test("something else that listens there is an error, not a reason to start a second controller", async (t) => {
  const path = socketPath(t);
  const other = createServer((_, reply) => reply.writeHead(500).end("out of order")).listen(path);
  t.teardown(() => other.close());
  const error = await t.throwsAsync(connectController(path), { instanceOf: ProvisionError, code: "daemon-strange" });
  t.regex(error?.message ?? "", /status 500: out of order/);
});

test("status comes as it is, with its dates revived, and what was never touched as undefined", async (t) => {
  const remote = await remoteOf(t, createFakeController());
  const seen = await remote.status();
  t.deepEqual(JSON.parse(JSON.stringify(seen[0]?.status)), JSON.parse(JSON.stringify(status)));
  const operation = seen[0]?.status?.operation;
  t.deepEqual([operation?.startedAt, operation?.finishedAt, operation?.deadlineAt], [instant, instant, instant]);
  t.deepEqual(operation?.steps[0]?.nextRetryAt, instant);
  t.is(seen[0]?.status?.node.condition.since, instant.toISOString(), "a text stays a text");
  t.is(seen[1]?.status, undefined);
});

test("history comes with dates, and a line's text that looks like one stays a text", async (t) => {
  const remote = await remoteOf(t, createFakeController());
  t.deepEqual(await remote.history("web01"), [begun, line]);
});

test("cancel and forget go over with who asked", async (t) => {
  const controller = createFakeController();
  const remote = await remoteOf(t, controller);
  t.true(await remote.cancel("web01", "me"));
  await remote.forget("a?b", { by: "me", force: true });
  t.deepEqual(controller.asked, [
    ["cancel", "web01", "me"],
    ["forget", "a?b", { by: "me", force: true }],
  ]);
});

test("an error comes over with code, hint and place", async (t) => {
  const refusal = fail("node-in-use", { node: "web01", phase: "active" });
  const remote = await remoteOf(t, createFakeController(undefined, { forget: () => Promise.reject(refusal) }));
  const error = await t.throwsAsync(remote.forget("web01", { by: "me", force: false }), { code: "node-in-use" });
  t.deepEqual((error as ProvisionError).toJSON(), refusal.toJSON());
});

test("provision shows every event in order and then gives the result", async (t) => {
  const remote = await remoteOf(t, createFakeController());
  const events: OperationEvent[] = [];
  const given = await remote.provision(request, (event) => void events.push(event), never);
  t.deepEqual(events, [begun, line]);
  t.deepEqual(JSON.stringify(given), JSON.stringify(result));
  t.deepEqual(given.operations[0]?.startedAt, instant);
});

test("an error in the middle of the stream comes after the events, with its progress", async (t) => {
  const stalled = fail("no-network-boot", { node: "web01", mac: "m", waitedMs: 1, hint: "cable" });
  const told = stalled.withProgress({ lastMilestone: "power-on", nextExpected: "dhcp-discover" });
  const remote = await remoteOf(
    t,
    createFakeController(async (watch) => {
      watch(begun);
      throw told;
    }),
  );
  const events: OperationEvent[] = [];
  const error = await t.throwsAsync(remote.provision(request, (event) => void events.push(event), never));
  t.deepEqual((error as ProvisionError).toJSON(), told.toJSON());
  t.deepEqual(events, [begun]);
});

test("a defect in the middle of the stream is an error too, not a lost daemon", async (t) => {
  const remote = await remoteOf(
    t,
    createFakeController(() => Promise.reject(new TypeError("oh"))),
  );
  await t.throwsAsync(
    remote.converge(request, () => {}, never),
    { code: "defect" },
  );
});

test("a daemon that vanishes in the middle is lost, and the hint says where to look", async (t) => {
  const controller = createFakeController(
    (watch) =>
      new Promise(() => {
        watch(begun);
      }),
  );
  const { path, server } = await serve(t, controller);
  const remote = await remoteAt(path);
  const events: OperationEvent[] = [];
  const asked = remote.provision(
    request,
    (event) => {
      events.push(event);
      void server.close();
    },
    never,
  );
  const error = await t.throwsAsync(asked, { code: "daemon-lost" });
  t.regex((error as ProvisionError).hint, /provision status web01/);
  t.deepEqual(events, [begun]);
});

test("a daemon that hangs up in the middle of a line, or before the result, is lost", async (t) => {
  for (const rest of ['{"event":{"at"', ""]) {
    const path = socketPath(t);
    const daemon = createServer((asked, reply) => {
      if (asked.method === "GET") return void reply.end("{}");
      reply.end(`${JSON.stringify({ event: begun })}\n${rest}`);
    }).listen(path);
    t.teardown(() => daemon.close());
    const remote = await remoteAt(path);
    await t.throwsAsync(
      remote.provision(request, () => {}, never),
      { code: "daemon-lost" },
    );
  }
});

test("a line that arrives in pieces, within a letter too, is one line", async (t) => {
  const path = socketPath(t);
  const sent = Buffer.from(
    `\n${JSON.stringify({ event: { ...line, text: "größer" } })}\n${JSON.stringify({ result })}\n`,
  );
  const daemon = createServer(async (asked, reply) => {
    if (asked.method === "GET") return void reply.end("{}");
    for (const byte of sent) {
      reply.write(Buffer.from([byte]));
      await turn();
    }
    reply.end();
  }).listen(path);
  t.teardown(() => daemon.close());
  const remote = await remoteAt(path);
  const events: OperationEvent[] = [];
  await remote.provision(request, (event) => void events.push(event), never);
  t.like(events[0], { text: "größer", at: instant });
});

test("a controller that waits in silence for minutes says that it lives", async (t) => {
  const clock = createFakeClock();
  const { path } = await serve(
    t,
    createFakeController(() => new Promise(() => {})),
    clock,
  );
  const heard: string[] = [];
  const socket = createConnection(path);
  t.teardown(() => void socket.destroy());
  socket.on("data", (chunk) => void heard.push(chunk.toString()));
  socket.write("POST /api/v1/nodes/web01/provision HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
  const blanks = () => heard.join("").split("\r\n1\r\n\n").length - 1;
  const blankLines = async (count: number) => {
    for (let turns = 0; turns < 200_000 && blanks() < count; turns++) await turn();
    return blanks();
  };
  t.is(await blankLines(1), 1, "at once, so that the asker knows that it is heard");
  await clock.advance(5000);
  t.is(await blankLines(2), 2);
  await clock.advance(5000);
  t.is(await blankLines(3), 3);
});

test("who stops waiting has the operation cancelled, once it has begun too, and hears its end", async (t) => {
  const stop = new AbortController();
  const over = Promise.withResolvers<void>();
  const cancels: string[] = [];
  const controller = createFakeController(
    async (watch) => {
      stop.abort(new Error("Ctrl-C"));
      while (cancels.length < 1) await turn();
      watch(begun); // only now: the first cancel found nothing to cancel
      await over.promise;
      throw fail("operation-cancelled", { node: "web01", by: "me" });
    },
    {
      cancel: async (_node, by) => {
        cancels.push(by);
        if (cancels.length === 2) over.resolve();
        return cancels.length === 2;
      },
    },
  );
  const remote = await remoteOf(t, controller);
  await t.throwsAsync(
    remote.provision(request, () => {}, stop.signal),
    { code: "operation-cancelled" },
  );
  t.deepEqual(cancels, ["me", "me"]);
});

test("who had stopped before it was asked asks nothing", async (t) => {
  const controller = createFakeController();
  const remote = await remoteOf(t, controller);
  const stopped = AbortSignal.abort(fail("operation-cancelled", { node: "web01", by: "me" }));
  await t.throwsAsync(
    remote.provision(request, () => {}, stopped),
    { code: "operation-cancelled" },
  );
  t.deepEqual(controller.asked, []);
});

test("who hangs up doesn't end the operation", async (t) => {
  const gone = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const controller = createFakeController(async (watch) => {
    watch(begun);
    await gone.promise;
    for (let count = 0; count < 1000; count++) watch(line);
    finished.resolve();
    return result;
  });
  const { path } = await serve(t, controller);
  const url = "http://controller/api/v1/nodes/web01/provision";
  const reply = await fetchHttp({ url, method: "POST", body: "{}", socketPath: path });
  reply.discard();
  gone.resolve();
  await finished.promise;
  t.deepEqual(controller.asked.length, 1);
});

const swap = { node: "web01", disk: "01-B", waivers: ["backup:/"], acceptsDataLoss: false, by: "me" };

test("disks: everything goes over with who asked, and comes back as it is", async (t) => {
  const controller = createFakeController();
  const remote = await remoteOf(t, controller);
  t.deepEqual(await remote.disks.status(["web01"]), [{ node: "web01" }]);
  t.deepEqual(await remote.disks.propose(swap), proposal);
  t.deepEqual(await remote.disks.locate({ node: "web01", disk: "01-B", on: true }), {
    ...{ node: "web01", serial: "01-B", led: "enclosure" },
  });
  await remote.answer("web01", { answer: "01-B", by: "me" });
  t.true(await remote.disks.abort("web01", "me"));
  t.deepEqual(
    controller.asked.map(([what]) => what),
    ["disks", "propose", "locate", "answer", "cancel"],
  );
  t.deepEqual(controller.asked[1]?.[1], swap);
});

test("a swap shows its events and gives its end, with dates", async (t) => {
  const remote = await remoteOf(t, createFakeController());
  const events: OperationEvent[] = [];
  const { state, operation } = await remote.disks.swap(swap, (event) => void events.push(event), never);
  t.deepEqual(events, [begun]);
  t.is(state, "done");
  t.deepEqual(operation.startedAt, instant);
});

test("who stops waiting for a swap leaves it: it isn't cancelled, and how it is comes back", async (t) => {
  const controller = createFakeController();
  const held: FakeController = {
    ...controller,
    disks: { ...controller.disks, swap: (_, watch) => new Promise(() => watch(begun)) },
  };
  const remote = await remoteOf(t, held);
  const leave = new AbortController();
  const { state, operation } = await remote.disks.swap(swap, () => leave.abort(), leave.signal);
  t.is(state, "left");
  t.is(operation.node, "web01");
  t.deepEqual(controller.asked, [["status", "web01"]]);
});
