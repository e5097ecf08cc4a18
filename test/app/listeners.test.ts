import test from "ava";
import { parseListeners } from "../../src/app/listeners.ts";

const udp = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  154: 0100007F:0277 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 0
  155: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1235 2 0000000000000000 0
  156: 0100007F:9C40 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 1236 2 0000000000000000 0
`;
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 01004D0A:1F8D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 0
   1: 01004D0A:1F8D 0B004D0A:C350 01 00000000:00000000 00:00000000 00000000     0        0 98 1 0000000000000000 100 0 0 10 0
`;

for (const [what, protocol, table, expected] of [
  ["sockets that wait for anyone, not the connected ones", "udp", udp, ["127.0.0.1:631", "0.0.0.0:67"]],
  ["listening sockets, not the connections they accepted", "tcp", tcp, ["10.77.0.1:8077"]],
  ["nothing in an empty table", "udp", "header\n", []],
] as const) {
  test(`/proc/net/${protocol}: ${what}`, (t) => {
    const found = parseListeners(protocol, table).map(({ address, port }) => `${address}:${port}`);
    t.deepEqual(found, [...expected]);
  });
}
