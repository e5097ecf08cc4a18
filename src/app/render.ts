import { answerKinds, renderAnswer } from "../boot/render/answer.ts";
import { renderDeploy } from "../boot/render/deploy.ts";
import { findNode } from "../inventory/explain.ts";
import { Secret } from "../secret.ts";
import { createLocalShell } from "../transport/local.ts";
import { controllerKey } from "./identity.ts";
import { profileImage } from "./images.ts";
import { sitePaths } from "./paths.ts";
import { openSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";
import { bootTemplates, templateText } from "./templates.ts";
import { deployInput, ramdiskOf } from "./texts.ts";

export const renderKinds = [...answerKinds, "deploy"] as const;

export interface RenderRequest {
  readonly node: string;
  readonly kind: (typeof renderKinds)[number];
  readonly reveal: boolean;
}

/** A token of the right length that opens nothing. */
const sampleToken = new Secret("0".repeat(40));

/** What the machine would be handed if it were armed now. Arms nothing. */
export async function renderFor(around: Surroundings, { node: name, kind, reveal }: RenderRequest): Promise<string> {
  const { inventory } = await openSite(around);
  const { node, profile } = findNode(inventory, name);
  const paths = sitePaths(inventory.site.name, around.environment);
  const publicKey = around.isRoot ? controllerKey(paths).publicKey : "ssh-ed25519 AAAA controller";
  const templates = bootTemplates();
  const image = async () =>
    profileImage({ inventory, paths, shell: createLocalShell({ clock: around.clock }) }, node.profile);
  if (kind === "deploy") {
    const options = { inventory, templates, publicKey, image };
    const intent = { erase: false };
    const masked = reveal
      ? profile
      : { ...profile, users: profile.users.map((user) => ({ ...user, passwordHash: undefined })) };
    return renderDeploy(
      templateText("deploy/deploy.sh.ejs"),
      deployInput(options, { node, profile: masked, image: await image(), intent }),
    );
  }
  const loads = kind === "ipxe" || kind === "grub";
  const ramdisk = loads && profile.method === "image" ? ramdiskOf(inventory, node, await image()) : undefined;
  const common = { kind, site: inventory.site, node, profile, token: sampleToken, rootKeys: [publicKey], reveal };
  return renderAnswer(templates, ramdisk ? { ...common, ramdisk } : common);
}
