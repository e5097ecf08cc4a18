import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import {
  type BuildEvent,
  type BuildOptions,
  buildImage,
  findImage,
  listImages,
} from "../../../src/boot/image/build.ts";
import { parseManifest, readFacts } from "../../../src/boot/image/manifest.ts";
import type { Recipe } from "../../../src/boot/image/recipe.ts";
import { systemClock } from "../../../src/clock.ts";
import { silentLog } from "../../../src/log.ts";
import { createLocalShell } from "../../../src/transport/local.ts";

const facts = `for name in vmlinuz ramdisk.cpio root.img; do echo "file $name 4 $(sha256sum <"out/$name" | cut -d ' ' -f 1) bb cc"; done
echo "kernel 6.1.0"
echo "package gcc 4:12.2"`;

/** A recipe of the same shape, without the minutes. */
const small = (make: string): Recipe => ({
  name: "small",
  kernel: "cloud",
  archives: [],
  files: [{ path: "deploy/it's here", executable: true, text: "#!/bin/sh\necho 'quoted'\n" }],
  steps: [
    { name: "make", title: "make it", script: make, usualSeconds: 1 },
    { name: "describe", title: "describe it", script: facts, usualSeconds: 1 },
  ],
});
const good = `sh "deploy/it's here" >out/vmlinuz; echo ram >out/ramdisk.cpio; echo img >out/root.img`;

function bench(recipe: Recipe) {
  const cacheDir = mkdtempSync(join(tmpdir(), "provision-image-"));
  const events: BuildEvent[] = [];
  const shell = createLocalShell({ clock: systemClock });
  const options: BuildOptions = {
    ...{ recipe, shell, cacheDir, clock: systemClock, log: silentLog, freshness: "current" },
    onEvent: (event) => events.push(event),
  };
  const left = () => (existsSync(join(cacheDir, "images")) ? readdirSync(join(cacheDir, "images")) : []);
  return { options, events, cacheDir, left, end: () => rmSync(cacheDir, { recursive: true, force: true }) };
}

test("an image is made once, and found by its recipe", async (t) => {
  const { options, events, left, end } = bench(small(good));
  try {
    t.is(await findImage(options), undefined);
    const made = await buildImage(options);
    t.is(readFileSync(join(made.folder, "vmlinuz"), "utf8"), "quoted\n");
    t.is(made.manifest.kernelVersion, "6.1.0");
    t.deepEqual(made.manifest.packages, { gcc: "4:12.2" });
    t.deepEqual(left(), [made.digest]);
    t.deepEqual(
      events.flatMap((event) => (event.kind === "step" ? [event.step.name] : [])),
      ["make", "describe"],
    );
    events.length = 0;
    for (const freshness of ["any", "current"] as const) {
      t.is((await buildImage({ ...options, freshness })).digest, made.digest);
    }
    t.deepEqual(
      events.map(({ kind }) => kind),
      ["cached", "cached"],
    );
    t.is((await findImage(options))?.digest, made.digest);
    t.is(await findImage({ ...options, recipe: small(`${good}; true`) }), undefined);
  } finally {
    end();
  }
});

test("an image that was damaged is built again when a current one is asked for", async (t) => {
  const { options, events, end } = bench(small(good));
  try {
    const { folder } = await buildImage(options);
    writeFileSync(join(folder, "root.img"), "ing\n");
    events.length = 0;
    const again = await buildImage(options);
    t.is(readFileSync(join(again.folder, "root.img"), "utf8"), "img\n");
    t.false(events.some(({ kind }) => kind === "cached"));
  } finally {
    end();
  }
});

test("a build that fails says which step and why, and leaves nothing", async (t) => {
  const { options, left, end } = bench(small(`${good}\necho "no room left" >&2\nexit 7`));
  try {
    const error = await t.throwsAsync(buildImage(options), { message: /"make it" ended with 7: no room left/ });
    t.is((error as Error & { code: string }).code, "image-build-failed");
    t.deepEqual(left(), []);
  } finally {
    end();
  }
});

test("a build that is called off leaves nothing", async (t) => {
  const { options, left, end } = bench(small("sleep 30"));
  const stop = new AbortController();
  try {
    const building = buildImage({
      ...options,
      signal: stop.signal,
      onEvent: () => stop.abort(new Error("called off")),
    });
    await t.throwsAsync(building, { message: /called off/ });
    t.deepEqual(left(), []);
  } finally {
    end();
  }
});

test("an image without manifest, or of another format, doesn't count", async (t) => {
  const { options, cacheDir, end } = bench(small(good));
  try {
    for (const [name, text] of [
      ["half", undefined],
      ["odd", "{"],
      ["old", '{"format":0}'],
    ] as const) {
      mkdirSync(join(cacheDir, "images", name), { recursive: true });
      if (text !== undefined) writeFileSync(join(cacheDir, "images", name, "manifest.json"), text);
    }
    t.deepEqual(await listImages(options.shell, cacheDir), []);
  } finally {
    end();
  }
});

test("an archive that can't be reached is named as the reason, unless an image is there and will do", async (t) => {
  const away = { name: "debian", upstream: "http://127.0.0.1:9/debian", suite: "bookworm", components: ["main"] };
  const { options, end } = bench({ ...small(good), archives: [away] });
  try {
    const error = await t.throwsAsync(buildImage(options));
    t.is((error as Error & { code: string }).code, "archive-unreachable");
  } finally {
    end();
  }
});

test("facts that miss a file are no facts", (t) => {
  t.throws(() => readFacts("file vmlinuz 4 aa bb cc\nkernel 6.1.0"));
  t.is(parseManifest("[]"), undefined);
});
