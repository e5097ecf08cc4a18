import { spawnSync } from "node:child_process";
import test from "ava";
import { type ImageOptions, type ImageProfile, imageRecipe } from "../../../src/boot/image/image.ts";
import { imageDigest, type Recipe, recipeDigest } from "../../../src/boot/image/recipe.ts";
import { templateText } from "../deploy/sample.ts";

const debian = { name: "debian", upstream: "http://mirror.example/debian", suite: "bookworm", components: ["main"] };
const options: ImageOptions = {
  kernel: "cloud",
  archives: [debian],
  packagesUrl: "http://10.77.0.1:8077/packages",
  ramdisk: { init: templateText("init"), report: templateText("report.sh"), udhcpc: templateText("udhcpc") },
};
const profile = {
  os: { family: "debian", release: "12", codename: "bookworm" },
  timezone: "UTC",
  locale: "C.UTF-8",
  packages: ["gcc"],
} as unknown as ImageProfile;

const recipe = (changes: Partial<ImageOptions> = {}, other: object = {}): Recipe =>
  imageRecipe({ ...profile, ...other }, { ...options, ...changes });

test("the same inputs make the same digest", (t) => {
  t.is(recipeDigest(recipe()), recipeDigest(recipe()));
  t.is(recipeDigest(recipe({ archives: [{ ...debian }] })), recipeDigest(recipe()));
  t.regex(recipeDigest(recipe()), /^[0-9a-f]{64}$/);
});

for (const [what, changed] of [
  ["a package", recipe({}, { packages: ["gcc", "chrony"] })],
  ["the time zone", recipe({}, { timezone: "Europe/Berlin" })],
  ["the locale", recipe({}, { locale: "de_DE.UTF-8" })],
  ["the release", recipe({}, { os: { family: "debian", release: "13", codename: "trixie" } })],
  ["the kernel", recipe({ kernel: "generic" })],
  ["an archive's address", recipe({ archives: [{ ...debian, upstream: "http://other.example/debian" }] })],
  ["a further archive", recipe({ archives: [debian, { ...debian, suite: "bookworm-updates" }] })],
  ["where machines get packages", recipe({ packagesUrl: "http://10.88.0.1:8077/packages" })],
  ["the ramdisk's init", recipe({ ramdisk: { ...options.ramdisk, init: "#!/bin/sh\n" } })],
] as const) {
  test(`${what} changes the digest`, (t) => t.not(recipeDigest(changed), recipeDigest(recipe())));
}

test("what the archive offers changes the image's digest and not the recipe's", (t) => {
  t.not(imageDigest(recipe(), "one index"), imageDigest(recipe(), "another index"));
  t.is(imageDigest(recipe(), "one index"), imageDigest(recipe(), "one index"));
});

test("titles and times are for people, and change nothing", (t) => {
  const told = recipe().steps.map((step) => ({ ...step, title: "something", usualSeconds: 1 }));
  t.is(recipeDigest({ ...recipe(), steps: told }), recipeDigest(recipe()));
});

for (const kernel of ["cloud", "generic"] as const) {
  const { steps, files } = recipe({ kernel });
  const scripts = [
    ...steps.map(({ name, script }) => [name, script] as const),
    ...files.filter(({ executable }) => executable).map(({ path, text }) => [path, text] as const),
  ];
  for (const [name, script] of scripts) {
    test(`${kernel}: ${name} is a script that sh can read`, (t) => {
      const { status, stderr } = spawnSync("sh", ["-n"], { input: script, encoding: "utf8" });
      t.is(status, 0, stderr);
    });
  }
  test(`${kernel}: no step names an archive that wasn't given`, (t) => {
    const addresses = steps.flatMap(({ script }) => script.match(/https?:\/\/[a-z0-9.:-]+/g) ?? []);
    const given = ["http://mirror.example", "http://10.77.0.1:8077"];
    t.deepEqual(
      [...new Set(addresses)].filter((address) => !given.includes(address)),
      [],
    );
  });
}

test("a hostile archive stays one argument", (t) => {
  const archives = [{ ...debian, upstream: "http://mirror.example/$(touch /tmp/never)'x" }];
  const script = recipe({ archives }).steps[0]?.script ?? "";
  const shown = spawnSync("sh", ["-s"], {
    input: `mmdebstrap() { printf '%s\\n' "$@"; }\n${script}`,
    encoding: "utf8",
  });
  t.true(shown.stdout.includes("deb http://mirror.example/$(touch /tmp/never)'x bookworm main\n"), shown.stderr);
});

for (const family of ["rhel", "ubuntu"]) {
  test(`${family} has no image recipe`, (t) => {
    const error = t.throws(() => recipe({}, { os: { family, release: "9" } }));
    t.is((error as Error & { code: string }).code, "image-os-unsupported");
  });
}
