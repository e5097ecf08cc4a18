/** Runs findForeignServers for peers.test.ts inside a namespace: interface, then our own servers' addresses. */
import { systemClock } from "../../src/clock.ts";
import { findForeignServers } from "../../src/dhcp/server.ts";
import { ip } from "./lab.ts";

const [name = "", ...own] = process.argv.slice(2);
const found = await findForeignServers({ interface: name, own: own.map(ip), waitMs: 3000, clock: systemClock });
console.log(JSON.stringify({ found }));
