import type { BootTexts } from "../boot/service.ts";
import { catalogueRequest, checkCatalogue } from "./converge.ts";
import { checkInstaller } from "./installers.ts";
import type { LoadedSite } from "./site.ts";

/** Opens nothing, and is as long as the real thing. */
const sampleUrl = `http://controller/boot/${"0".repeat(40)}`;

/**
 * Makes all that an install will hand to the node, and what its roles want of it, and throws the results away.
 * @throws what is wrong with a template, a role or its parameters, with its file and line
 */
export async function rehearse(site: LoadedSite, texts: BootTexts, node: string): Promise<void> {
  const handed = { node, erase: false };
  await checkInstaller(site.inventory, node);
  await texts.installScript(handed, sampleUrl);
  await texts.localScript(node);
  await texts.deploy(handed, sampleUrl);
  await texts.answer(handed, sampleUrl);
  checkCatalogue(catalogueRequest(site, node));
}
