import test from "ava";
import { encode, type TftpOptions } from "../../src/tftp/packet.ts";
import { answer, normaliseName, readRequest, type TftpFiles, toNetascii } from "../../src/tftp/request.ts";
import { agree } from "../../src/tftp/terms.ts";

const client = { address: "192.0.2.7" };
const files: TftpFiles = (name) => ({ "snponly.efi": new Uint8Array(1000), "a/b": new Uint8Array(5) })[name];

for (const [raw, name] of [
  ["snponly.efi", "snponly.efi"],
  ["/snponly.efi", "snponly.efi"],
  ["//grubx64.efi", "grubx64.efi"],
  ["/debian-installer//amd64/./x", "debian-installer/amd64/x"],
  ["..", undefined],
  ["../../etc/passwd", undefined],
  ["x/../../../etc/passwd", undefined],
  ["..\\..\\etc\\passwd", undefined],
  ["a\nb", undefined],
  ["", undefined],
  ["/", undefined],
  ["x".repeat(65536), undefined],
  ["%2e%2e/etc/passwd", "%2e%2e/etc/passwd"],
] as const) {
  test(`the name ${JSON.stringify(raw.slice(0, 40))} is ${name ?? "no name"}`, (t) => t.is(normaliseName(raw), name));
}

const asked: readonly [what: string, options: TftpOptions, accepted: TftpOptions][] = [
  ["nothing for nothing", [], []],
  ["the size for tsize 0", [["tsize", "0"]], [["tsize", "1000"]]],
  ["options as they were spelt", [["BlkSize", "1024"]], [["BlkSize", "1024"]]],
  ["a block that fits Ethernet", [["blksize", "8192"]], [["blksize", "1468"]]],
  [
    "OVMF all it asks for",
    [
      ["tsize", "0"],
      ["blksize", "1468"],
      ["windowsize", "4"],
    ],
    [
      ["tsize", "1000"],
      ["blksize", "1468"],
      ["windowsize", "4"],
    ],
  ],
  ["a window of at most 64", [["windowsize", "65535"]], [["windowsize", "64"]]],
  ["exactly the timeout asked for", [["timeout", "7"]], [["timeout", "7"]]],
  ["nothing for a block below 8", [["blksize", "7"]], []],
  ["nothing for a block beyond 65464", [["blksize", "65465"]], []],
  ["nothing for a window of 0", [["windowsize", "0"]], []],
  ["nothing for a timeout of 256", [["timeout", "256"]], []],
  [
    "nothing for words and signs",
    [
      ["blksize", "big"],
      ["windowsize", "-1"],
      ["timeout", ""],
    ],
    [],
  ],
  [
    "nothing for options nobody knows",
    [
      ["multicast", ""],
      ["__proto__", "1"],
      ["constructor", "1"],
    ],
    [],
  ],
  [
    "only the first of two alike",
    [
      ["blksize", "600"],
      ["BLKSIZE", "700"],
    ],
    [["blksize", "600"]],
  ],
];

for (const [what, options, accepted] of asked) {
  test(`grants ${what}`, (t) => t.deepEqual(agree(options, 1000).accepted, accepted));
}

test("without options: 512 bytes, one block at a time, a measured timeout", (t) => {
  t.deepEqual(agree([], 1), { blockSizeBytes: 512, windowBlocks: 1, timeoutMs: undefined, accepted: [] });
});

test("the size isn't told where it isn't known", (t) => t.deepEqual(agree([["tsize", "0"]], undefined).accepted, []));

const requests: readonly [what: string, kind: "read" | "write", file: string, mode: string, reply: string | number][] =
  [
    ["serves a file that is in the map", "read", "snponly.efi", "octet", "snponly.efi"],
    ["serves it under a name with slashes before it", "read", "//a//b", "octet", "a/b"],
    ["serves netascii", "read", "a/b", "netascii", "a/b"],
    ["doesn't find what isn't there", "read", "nothing", "octet", 1],
    ["doesn't find what lies outside", "read", "../../etc/passwd", "octet", 1],
    ["is read-only", "write", "snponly.efi", "octet", 2],
    ["knows no mail", "read", "snponly.efi", "mail", 4],
  ];

for (const [what, kind, file, mode, expected] of requests) {
  test(what, async (t) => {
    const reply = await answer({ kind, file, mode, options: [] }, files, client);
    t.is(reply.kind === "serve" ? reply.file : reply.code, expected);
  });
}

test("the map hears who asks", async (t) => {
  const heard: unknown[] = [];
  const ask: TftpFiles = (name, from) => void heard.push([name, from]);
  await answer({ kind: "read", file: "/x", mode: "octet", options: [] }, ask, client);
  t.deepEqual(heard, [["x", client]]);
});

for (const [what, bytes, reply] of [
  ["nothing is silence", [], undefined],
  ["one byte is silence", [0], undefined],
  ["an ACK is silence", [0, 4, 0, 1], undefined],
  ["an ERROR is silence", [0, 5, 0, 1, 0], undefined],
  ["an unknown opcode is silence", [1, 1, 65, 0], undefined],
  ["a broken request is refused", [0, 1, 65], "refuse"],
  ["a name without end is refused", [0, 1, ...Array<number>(60000).fill(65)], "refuse"],
] as const) {
  test(`to the listening port, ${what}`, (t) => t.is(readRequest(Uint8Array.from(bytes))?.kind, reply as "refuse"));
}

test("a whole request is read", (t) => {
  const request = { kind: "read", file: "f", mode: "octet", options: [] } as const;
  t.deepEqual(readRequest(encode(request)), request);
});

test("netascii: LF is CR LF, CR is CR NUL", (t) => {
  t.is(Buffer.from(toNetascii(Buffer.from("a\nb\rc\r\n"))).toString("latin1"), "a\r\nb\r\0c\r\0\r\n");
});
