import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DeployInput, renderDeploy } from "../../../src/boot/render/deploy.ts";
import type { Ipv4Address, MacAddress } from "../../../src/wire/addresses.ts";

const folder = join(import.meta.dirname, "../../../templates/deploy");
export const templateText = (name: string): string => readFileSync(join(folder, name), "utf8");

export const sample: DeployInput = {
  node: "web01",
  domain: "rack.test",
  erase: false,
  disks: [{ serial: "WEB01-A" }, { serial: "WEB01-B" }],
  image: {
    url: "http://10.77.0.1:8077/images/abc/root.img",
    sizeBytes: 600 * 1024 * 1024,
    digests: { blake2b256: "b".repeat(64), xxh64: "c".repeat(16) },
    kernel: "cloud",
  },
  interfaces: [
    {
      mac: "52:54:00:77:00:01" as MacAddress,
      method: "dhcp",
      address: "10.77.0.11" as Ipv4Address,
      prefixLength: 24,
    },
  ],
  dns: [],
  rootKeys: ["ssh-ed25519 AAAAC3Nza controller"],
  users: [],
  timezone: "UTC",
  serialConsole: "ttyS0,115200",
  kernelArguments: ["mitigations=off"],
  packagesUrl: "http://10.77.0.1:8077/packages",
  repositories: [{ name: "debian", suite: "bookworm", components: ["main"] }],
};

export const render = (changes: Partial<DeployInput> = {}): string =>
  renderDeploy(templateText("deploy.sh.ejs"), { ...sample, ...changes });
