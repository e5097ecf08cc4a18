import { gzipSync } from "node:zlib";
import test from "ava";
import { dumps } from "../../../src/raid/probes/dumps.ts";
import { makeBench, shells } from "./bench.ts";
import { backup, told } from "./recorded.ts";

const whole = "INSERT INTO t VALUES (1);\n-- Dump completed on 2026-11-21  2:00:00\n";
const cut = "INSERT INTO t VALUES (";
const packed = gzipSync(whole);
/** Bytes that gzip can't make small, so that half of them is half a stream. */
const noise = gzipSync(Uint8Array.from({ length: 4096 }, (_, at) => (at * at * 31 + at * 7) % 251));

/** Files with how many hours ago each was written. */
type Files = readonly (readonly [name: string, content: string | Uint8Array, hoursAgo: number])[];

const cases: readonly (readonly [what: string, files: Files, hours: number | "none" | RegExp])[] = [
  ["a dump of today", [["app-2026-11-21.sql.gz", packed, 3]], 3],
  [
    "folders with dates",
    [
      ["daily/2026-11-20/app.sql.gz", packed, 27],
      ["daily/2026-11-21/app.sql.gz", packed, 3],
    ],
    3,
  ],
  ["dates without dashes", [["app_20261121-0200.sql", whole, 5]], 5],
  [
    "the newest is empty",
    [
      ["a-2026-11-20.sql.gz", packed, 27],
      ["a-2026-11-21.sql.gz", "", 3],
    ],
    27,
  ],
  [
    "the newest is cut off",
    [
      ["a-2026-11-20.sql.gz", packed, 27],
      ["a-2026-11-21.sql.gz", packed.subarray(0, 30), 3],
    ],
    27,
  ],
  ["all of its text, but not its packing's own end", [["a-2026-11-21.sql.gz", packed.subarray(0, -6), 3]], "none"],
  [
    "the newest misses its last line",
    [
      ["a-2026-11-20.sql.gz", packed, 27],
      ["a-2026-11-21.sql.gz", gzipSync(cut), 3],
    ],
    27,
  ],
  [
    "one of the newest day's two is bad",
    [
      ["2026-11-20/a.sql", whole, 27],
      ["2026-11-21/a.sql", whole, 3],
      ["2026-11-21/b.sql", cut, 4],
    ],
    27,
  ],
  ["PostgreSQL's end", [["a-2026-11-21.sql", "x\n--\n-- PostgreSQL database dump complete\n--\n\n", 3]], 3],
  ["a packed folder has no last line", [["etc-2026-11-21.tar.gz", noise, 3]], 3],
  ["a packed folder that is cut off", [["etc-2026-11-21.tar.gz", noise.subarray(0, 99), 3]], "none"],
  ["a custom format is looked at for its size only", [["a-2026-11-21.dump", "PGDMP", 3]], 3],
  [
    "one that is still being written",
    [
      ["2026-11-20/a.sql", whole, 27],
      ["2026-11-21.tmp/a.sql", whole, 0],
      ["a-2026-11-21.sql.tmp", whole, 0],
    ],
    27,
  ],
  [
    "a log and sums are no dumps",
    [
      ["2026-11-20/a.sql", whole, 27],
      ["backup-2026-11-21.log", "failed", 1],
      ["2026-11-21/SHA256SUMS", "x", 1],
    ],
    27,
  ],
  ["a name with blanks and quotes", [["it's a dump 2026-11-21.sql", whole, 3]], 3],
  [
    "only bad ones",
    [
      ["a-2026-11-20.sql", cut, 27],
      ["a-2026-11-21.sql", "", 3],
    ],
    "none",
  ],
  ["an empty folder", [], "none"],
  ["no date anywhere", [["app.sql", whole, 3]], /^unknown: no file in \S+ has a date in its name$/],
];

for (const shell of shells) {
  for (const [what, files, hours] of cases) {
    test(`${shell}: ${what}`, async (t) => {
      const bench = makeBench(t, shell);
      const now = Number((await bench.run("date +%s")).stdout);
      bench.file("dumps/.keep", "");
      for (const [name, content, ago] of files)
        bench.file(`dumps/${name}`, content, new Date((now - ago * 3600) * 1000));
      const settings = {
        backups: [backup({ with: "dumps", kind: "dump", covers: ["mariadb"], folder: bench.path("dumps") })],
      };
      const [only] = await bench.ask([dumps], settings);
      if (!only) return t.fail();
      const line = told(only);
      if (hours instanceof RegExp) return t.regex(line, hours);
      if (hours === "none") return t.is(line, "present | dump of mariadb: none");
      const [, age] = /^present \| dump of mariadb: (\d+)$/.exec(line) ?? [];
      t.true(age !== undefined && Math.abs(Number(age) - hours * 3600) < 60, line);
    });
  }

  test(`${shell}: a folder that isn't there is unknown: it may be a mount that is missing`, async (t) => {
    const bench = makeBench(t, shell);
    const settings = { backups: [backup({ with: "dumps", folder: bench.path("none") })] };
    const [only] = await bench.ask([dumps], settings);
    t.regex(only ? told(only) : "", /^unknown: .*none/);
  });

  test(`${shell}: what can't be looked into is unknown`, async (t) => {
    const bench = makeBench(t, shell);
    bench.file("dumps/a-2026-11-21.sql.zst", "x");
    bench.tool("zstd", "exit 1");
    const settings = { backups: [backup({ with: "dumps", folder: bench.path("dumps") })] };
    t.deepEqual((await bench.ask([dumps], settings)).map(told), ["present | files of /srv: none"]);
  });
}
