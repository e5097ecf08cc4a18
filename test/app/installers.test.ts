import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checkInstaller, installerFile, installerFiles } from "../../src/app/installers.ts";
import { type Inventory, type Node, nodeSchema, profileSchema, siteSchema } from "../../src/inventory/schema.ts";

const root = mkdtempSync(join(tmpdir(), "installers-"));
test.after.always(() => rmSync(root, { recursive: true }));

const folder = join(root, "debian-12");
mkdirSync(join(folder, "images/pxeboot"), { recursive: true });
writeFileSync(join(folder, "linux"), "a kernel");
writeFileSync(join(folder, "images/pxeboot/vmlinuz"), "another kernel");
writeFileSync(join(folder, ".treeinfo"), "[tree]");
writeFileSync(join(root, "secret"), "not theirs");
mkdirSync(join(root, "debian-12-private"));
writeFileSync(join(root, "debian-12-private/key"), "not theirs");
symlinkSync("linux", join(folder, "vmlinuz"));
symlinkSync("../secret", join(folder, "leak"));
symlinkSync("..", join(folder, "up"));
symlinkSync("../debian-12-private", join(folder, "beside"));
symlinkSync(folder, join(root, "current"));

const site = { installers: { "debian-12": folder, current: join(root, "current"), absent: join(root, "absent") } };

const cases: readonly (readonly [what: string, path: string, bytes: number | undefined])[] = [
  ["a file", "/installers/debian-12/linux", 8],
  ["one further down", "/installers/debian-12/images/pxeboot/vmlinuz", 14],
  ["one with a dot in front", "/installers/debian-12/.treeinfo", 6],
  ["a link within the folder", "/installers/debian-12/vmlinuz", 8],
  ["a folder that is itself a link", "/installers/current/linux", 8],
  ["no such file", "/installers/debian-12/initrd.gz", undefined],
  ["the folder itself", "/installers/debian-12", undefined],
  ["the folder with a slash", "/installers/debian-12/", undefined],
  ["a folder inside", "/installers/debian-12/images", undefined],
  ["a name that the site doesn't give", "/installers/debian-13/linux", undefined],
  ["a name of every object", "/installers/constructor/linux", undefined],
  ["a folder that isn't there", "/installers/absent/linux", undefined],
  ["one step up", "/installers/debian-12/../secret", undefined],
  ["one step up and in again", "/installers/debian-12/../debian-12/linux", undefined],
  ["a link to a file outside", "/installers/debian-12/leak", undefined],
  ["a link to the folder above", "/installers/debian-12/up/secret", undefined],
  ["a link to a folder whose name begins alike", "/installers/debian-12/beside/key", undefined],
  ["another path", "/images/debian-12/linux", undefined],
];

for (const [what, path, bytes] of cases) {
  test(`${what}: ${bytes === undefined ? "nothing" : `${bytes} bytes`}`, async (t) => {
    t.is((await installerFile(site, path))?.sizeBytes, bytes);
  });
}

/** A site with one node, whose profile has this installer. */
function inventoryWith(installer: Record<string, string>): Inventory {
  const network = { subnet: "10.77.0.0/24", interface: "br0", controller: "10.77.0.1" };
  const node: Node = {
    name: "web01",
    ...nodeSchema.parse({
      interfaces: [{ mac: "52:54:00:77:00:01", network: "rack", address: "10.77.0.11" }],
      bmc: { driver: "manual" },
      firmware: "bios",
      disks: [{ serial: "A" }],
      profile: "theirs",
    }),
  };
  const profile = profileSchema.parse({ os: { family: "debian", release: "12" }, method: "preseed", installer });
  return {
    root,
    site: siteSchema.parse({ name: "test", networks: { rack: network }, ...site }),
    nodes: new Map([["web01", node]]),
    profiles: new Map([["theirs", profile]]),
    groups: new Map(),
  };
}

const linux = "/installers/debian-12/linux";
const profiles: readonly (readonly [what: string, installer: Record<string, string>, missing: string | undefined])[] = [
  ["both files are there", { kernel: linux, initrd: "/installers/current/linux" }, undefined],
  ["they are somebody else's to have", { kernel: "http://mirror.example/l", initrd: "/packages/debian/i" }, undefined],
  [
    "the initrd isn't there",
    { kernel: linux, initrd: "/installers/debian-12/initrd.gz" },
    "/installers/debian-12/initrd.gz",
  ],
  ["the folder has no name in site.yaml", { kernel: "/installers/d13/linux", initrd: linux }, "/installers/d13/linux"],
  [
    "the live image isn't there",
    { kernel: linux, initrd: linux, image: "/installers/current/iso" },
    "/installers/current/iso",
  ],
];

for (const [what, installer, missing] of profiles) {
  test(`before an install: ${what}`, async (t) => {
    const checking = checkInstaller(inventoryWith(installer), "web01");
    if (missing === undefined) return t.notThrowsAsync(checking);
    const error = await t.throwsAsync(checking, { code: "installer-missing" });
    t.true(error?.message.includes(`The profile theirs starts an installer from ${missing}`));
  });
}

test("an installer's files are read, never written", async (t) => {
  const path = "/installers/debian-12/linux";
  const asked = { path, target: path, query: new URLSearchParams(), headers: {}, remoteAddress: "10.77.0.11" };
  const status = async (method: string) =>
    (await installerFiles(site)({ ...asked, method, text: async () => "" }))?.status;
  t.deepEqual([await status("GET"), await status("HEAD"), await status("PUT")], [200, 200, undefined]);
});
