import { readFile } from "node:fs/promises";
import { fail } from "./errors.ts";

/** Where Debian's package ipxe puts them. */
const folder = "/usr/lib/ipxe";

/**
 * A first loader's bytes: `undionly.kpxe` for BIOS, `snponly.efi` for UEFI.
 * @throws `loader-missing`
 */
export async function loaderBytes(name: string): Promise<Uint8Array> {
  return readFile(`${folder}/${name}`).catch((cause) => {
    throw fail("loader-missing", { file: `${folder}/${name}` }, { cause });
  });
}
