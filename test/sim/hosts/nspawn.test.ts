import test from "ava";
import { nspawnArguments, superviseArguments } from "../../../src/sim/hosts/nspawn.ts";

const host = { name: "h1", root: "/nowhere/root", namespace: "lab-h1" };

test("a host gets its network and locked memory, and nothing that is the machine's", (t) => {
  const given = nspawnArguments(host, []).flatMap((word) => /^--capability=(.*)$/.exec(word)?.[1]?.split(",") ?? []);
  t.deepEqual(given, ["CAP_NET_ADMIN", "CAP_IPC_LOCK"]);
});

test("a host has no network but its own namespace", (t) => {
  t.true(nspawnArguments(host, []).includes("--network-namespace-path=/run/netns/lab-h1"));
  t.true(superviseArguments("/group", host).includes("--boot"));
});
