import type { BuiltImage } from "../boot/image/build.ts";
import { type AnswerKind, type AnswerTemplates, renderAnswer, renderLocalBoot } from "../boot/render/answer.ts";
import { type DeployInput, renderDeploy } from "../boot/render/deploy.ts";
import type { BootTexts, Handed } from "../boot/service.ts";
import { findNode } from "../inventory/explain.ts";
import type { Inventory, Node, Profile } from "../inventory/schema.ts";
import { Secret } from "../secret.ts";
import { controllerUrl } from "./addresses.ts";
import { fail } from "./errors.ts";
import { imageUrl } from "./images.ts";
import { templateText } from "./templates.ts";

export interface TextsOptions {
  readonly inventory: Inventory;
  readonly templates: AnswerTemplates;
  /** The controller's public key; it is root's on every node. */
  readonly publicKey: string;
  /** The built image of a profile. */
  image(profile: string): Promise<BuiltImage>;
}

/** What each machine is handed, rendered from the inventory at the moment it asks. */
export function bootTexts(options: TextsOptions): BootTexts {
  const { inventory, templates } = options;
  return {
    installScript: async (intent, bootUrl) => {
      const { node, profile } = findNode(inventory, intent.node);
      const ramdisk =
        profile.method === "image" ? ramdiskOf(inventory, node, await options.image(node.profile)) : undefined;
      return renderAnswer(templates, {
        ...request(options, intent, bootUrl),
        kind: "ipxe",
        ...(ramdisk ? { ramdisk } : {}),
      });
    },
    localScript: async (name) => renderLocalBoot(templates, "ipxe", findNode(inventory, name).node.firmware),
    deploy: async (intent) => {
      const { node, profile } = findNode(inventory, intent.node);
      if (profile.method !== "image") return undefined;
      const image = await options.image(node.profile);
      return renderDeploy(templateText("deploy/deploy.sh.ejs"), deployInput(options, { node, profile, image, intent }));
    },
    answer: async (intent, bootUrl) => {
      const kind = answerKindOf(findNode(inventory, intent.node).profile);
      return kind && renderAnswer(templates, { ...request(options, intent, bootUrl), kind });
    },
  };
}

/** Which answer file a profile's installer reads. */
export const answerKindOf = ({ method }: Profile): AnswerKind | undefined => (method === "image" ? undefined : method);

function request({ inventory, publicKey }: TextsOptions, intent: Handed, bootUrl: string) {
  const { node, profile } = findNode(inventory, intent.node);
  const token = new Secret(bootUrl.split("/").at(-1) ?? "");
  return { site: inventory.site, node, profile, token, rootKeys: [publicKey], reveal: true };
}

export function ramdiskOf(inventory: Inventory, node: Node, image: BuiltImage) {
  const base = imageUrl(controllerUrl(inventory.site, node), image);
  return { kernel: `${base}/vmlinuz`, initrd: `${base}/ramdisk.cpio` };
}

interface DeployParts {
  readonly node: Node;
  readonly profile: Profile;
  readonly image: BuiltImage;
  readonly intent: Pick<Handed, "erase">;
}

/** A node's deploy script needs its addresses written down: it must keep them when no controller is there to renew a lease. */
export function deployInput(options: TextsOptions, { node, profile, image, intent }: DeployParts): DeployInput {
  const { site } = options.inventory;
  const controller = controllerUrl(site, node);
  const root = image.manifest.files["root.img"];
  const { layout } = profile.storage;
  if (layout === "raid1-lvm") throw fail("layout-unsupported", { node: node.name, layout });
  return {
    node: node.name,
    domain: site.domain,
    erase: intent.erase,
    disks: node.disks,
    image: {
      url: `${imageUrl(controller, image)}/root.img`,
      sizeBytes: root.sizeBytes,
      digests: root,
      kernel: image.manifest.kernel,
    },
    interfaces: node.interfaces.map(({ mac, network, address }) => ({
      mac,
      method: "static",
      address,
      prefixLength: site.networks[network]?.subnet.prefixLength ?? 24,
      gateway: site.networks[network]?.gateway,
    })),
    dns: node.interfaces.flatMap(({ network }) => site.networks[network]?.dns ?? []),
    rootKeys: [options.publicKey, ...site.operators.map((operator) => operator.sshKey)],
    users: profile.users,
    timezone: profile.timezone,
    serialConsole: node.serialConsole,
    kernelArguments: profile.kernelArguments,
    packagesUrl: `${controller}/packages`,
    repositories: profile.repositories,
  };
}
