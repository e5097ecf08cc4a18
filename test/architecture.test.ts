import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import test from "ava";

/** The floor plan: a room imports only from lower floors. Files directly under src/ are rooms of the ground floor. */
const floors: readonly (readonly string[])[] = [
  [],
  ["wire", "template.ts", "errors.ts", "clock.ts", "log.ts", "secret.ts", "disks.ts", "disk-shell.ts"],
  ["dhcp", "tftp", "http", "ipmi", "redfish", "transport", "store"],
  ["inventory", "facts", "raid", "sim"],
  ["bmc", "boot", "converge"],
  ["lifecycle", "roles"],
  ["app"],
  ["cli", "api", "dashboard"],
];

/** Ground rooms that may know each other: the order in which they stand on one another. */
const groundOrder = ["secret.ts", "clock.ts", "log.ts", "errors.ts", "template.ts", "wire"];

/** The doors: what may touch the outside world, and where. Paths are relative to src/. */
const doors: readonly { what: string; pattern: RegExp; allowed: RegExp }[] = [
  {
    what: "sockets",
    pattern: /from "(?:node:)?(?:dgram|net|http|https|tls|dns)(?:\/promises)?"|from "koffi"/,
    allowed: /^(?:[a-z]+\/server\.ts|ipmi\/udp\.ts|redfish\/client\.ts|http\/client\.ts|dhcp\/socket\.ts|sim\/.*)$/,
  },
  { what: "child processes", pattern: /from "(?:node:)?child_process"/, allowed: /^(?:transport|sim)\// },
  { what: "ssh", pattern: /from "(?:node-ssh|ssh2)"/, allowed: /^transport\// },
  {
    what: "files",
    pattern: /from "(?:node:)?fs(?:\/promises)?"/,
    allowed: /^(?:store|transport|inventory|app|cli|sim)\//,
  },
  {
    what: "time and chance",
    pattern:
      /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|performance\.now\(|[^.\w]set(?:Timeout|Interval|Immediate)\(|\brandomBytes\(\d|from "(?:node:)?timers/,
    allowed: /^clock\.ts$/,
  },
];

const forbiddenNames = /^(?:utils?|helpers?|managers?|common|base|data|info|handle.*)\.ts$/;
const hardLimitLines = 400;

const root = join(import.meta.dirname, "..");
const src = join(root, "src");

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const read = (folder: string): Source[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(path, "utf8");
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1] as string);
      return { path, text, imports };
    });

/** roles/ stands beside src/, and in the house it is a room like the others. */
const roomOf = (path: string) =>
  relative(src, path)
    .replace(/^\.\.\//, "")
    .split("/")[0] as string;
const floorOf = (room: string) => floors.findIndex((rooms) => rooms.includes(room));

/** What is wrong with this import, or nothing. Pure, so that the rule itself can be tried against bad houses. */
function judgeImport(from: string, to: string): string | undefined {
  if (from === to) return undefined;
  const [fromFloor, toFloor] = [floorOf(from), floorOf(to)];
  if (fromFloor < 0) return `${from} is on no floor`;
  if (toFloor < 0) return `${to} is on no floor`;
  if (fromFloor === 1 && toFloor === 1) {
    return groundOrder.indexOf(to) < groundOrder.indexOf(from) ? undefined : `${from} stands below ${to}`;
  }
  return toFloor < fromFloor ? undefined : `${from} (floor ${fromFloor}) imports ${to} (floor ${toFloor})`;
}

const sources = [...read(src), ...read(join(root, "roles"))];

test("the plan is read, so that nothing passes by seeing nothing", (t) => {
  t.true(sources.length >= 200, `only ${sources.length} files found`);
  t.true(sources.some((source) => source.imports.length > 0));
});

test("a room imports only from lower floors", (t) => {
  const violations = sources.flatMap((source) =>
    source.imports.flatMap((target) => {
      const wrong = judgeImport(roomOf(source.path), roomOf(join(source.path, "..", target)));
      return wrong ? [`${relative(root, source.path)}: ${wrong}`] : [];
    }),
  );
  t.deepEqual(violations, []);
});

test("the outside world enters through doors", (t) => {
  const violations = sources.flatMap((source) => {
    const path = relative(src, source.path);
    const broken = doors.filter((door) => door.pattern.test(source.text) && !door.allowed.test(path));
    return broken.map((door) => `${path}: ${door.what}`);
  });
  t.deepEqual(violations, []);
});

test("files are small and named for what is in them", (t) => {
  const wrong = sources.flatMap(({ path, text }) => {
    const lines = text.split("\n").length - 1;
    const name = path.split("/").at(-1) as string;
    return [
      ...(lines > hardLimitLines ? [`${relative(root, path)} has ${lines} lines`] : []),
      ...(forbiddenNames.test(name) ? [`${relative(root, path)}: a name that says nothing`] : []),
    ];
  });
  t.deepEqual(wrong, []);
});

for (const [from, to, wrong] of [
  ["dhcp", "wire", false],
  ["dhcp", "ipmi", true],
  ["wire", "dhcp", true],
  ["boot", "converge", true],
  ["lifecycle", "boot", false],
  ["cli", "api", true],
  ["cli", "nowhere", true],
  ["wire", "errors.ts", false],
  ["errors.ts", "wire", true],
] as const) {
  test(`the rule itself: ${from} → ${to} is ${wrong ? "refused" : "allowed"}`, (t) => {
    t.is(judgeImport(from, to) !== undefined, wrong);
  });
}
