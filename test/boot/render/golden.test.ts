import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { type AnswerRequest, renderAnswer, renderLocalBoot } from "../../../src/boot/render/answer.ts";
import { type Firmware, kindOf, type Layout, machine, type Os, templates } from "./machines.ts";

/** To write the golden files anew after a change that is meant: UPDATE_GOLDEN=1 ava test/boot/render/golden.test.ts */
const update = process.env.UPDATE_GOLDEN === "1";
const folder = join(import.meta.dirname, "golden");

function compare(name: string, text: string): string {
  const file = join(folder, `${name}.golden`);
  if (update) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  return readFileSync(file, "utf8");
}

const golden = (name: string, request: () => AnswerRequest) =>
  test(name, (t) => {
    const text = renderAnswer(templates, request());
    t.is(text, compare(name, text));
  });

const layouts: readonly Layout[] = ["raid1", "raid1-lvm", "single"];
const firmwares: readonly Firmware[] = ["bios", "uefi"];
const oldest: readonly Os[] = ["debian12", "ubuntu2404", "rhel9"];

for (const os of oldest) {
  for (const layout of layouts) {
    for (const firmware of firmwares) {
      golden(`${kindOf[os]}-${os}-${layout}-${firmware}`, () => machine(kindOf[os], { os, layout, firmware }));
    }
  }
}
for (const os of ["debian13", "ubuntu2204", "rhel8", "rhel10"] as const) {
  golden(`${kindOf[os]}-${os}-raid1-uefi`, () => machine(kindOf[os], { os }));
}
for (const loader of ["ipxe", "grub"] as const) {
  for (const os of ["image", "debian12", "ubuntu2404", "rhel9"] as const) {
    golden(`${loader}-${os}-uefi`, () => machine(loader, { os }));
  }
  golden(`${loader}-image-bios`, () => machine(loader, { os: "image", firmware: "bios" }));
  for (const firmware of firmwares) {
    test(`${loader}-local-${firmware}`, (t) => {
      const text = renderLocalBoot(templates, loader, firmware);
      t.is(text, compare(`${loader}-local-${firmware}`, text));
    });
  }
}
