import type { BootState, Disk } from "../../disks.ts";
import { labelOf } from "../bootable.ts";
import type { World } from "../world.ts";
import type { Judgement } from "./gate.ts";

/** The gap behind an MBR: 1 MiB since partitions are aligned, 31 KiB before. */
const gapBytes = 2 ** 20;

/** What speaks against putting a boot loader on this disk at all; `undefined`: there is a place for it. */
export function judgePlace(disk: Disk, state: BootState, world: World): Judgement | undefined {
  if (world.firmware === "uefi") {
    if (state.esp) return undefined;
    const remedy = "Make one (type EF00, vfat) in a free place of it, and copy the other's files.";
    return { verdict: "refuse", evidence: `${disk.serial}: no EFI system partition`, remedy };
  }
  if (state.biosBoot) return undefined;
  return labelOf(world, disk) === "dos" ? judgeGap(disk) : noBiosBoot(disk);
}

/** GRUB manual, "BIOS installation": in a GPT, or on a disk without partitions, nothing else is safe. */
function noBiosBoot({ serial }: Disk): Judgement {
  return {
    verdict: "refuse",
    evidence: `${serial}: no BIOS-boot partition, so embedding is not possible`,
    remedy: "Make one (type EF02, 1 MiB) in a free place of it, and run grub-install.",
  };
}

function judgeGap({ serial, partitions }: Disk): Judgement | undefined {
  const first = Math.min(...partitions.map((partition) => partition.startBytes));
  if (first >= gapBytes) return undefined;
  const evidence = `${serial}: only ${Math.floor(first / 1024)} KiB between the MBR and the first partition`;
  return { verdict: "warn", evidence, remedy: "GRUB with md and LVM may not fit: try grub-install on it now." };
}

/** What is another thing on this disk than on the reference: F5's third test, and the same for every loader of an ESP. */
export function otherThan(
  state: BootState,
  reference: BootState | undefined,
  firmware: World["firmware"],
): readonly string[] {
  if (firmware === "uefi") return otherLoaders(state, reference);
  const [own, other] = [state.biosBoot, reference?.biosBoot];
  return own && other && own.digest !== other.digest ? [`${own.partition} isn't the same as ${other.partition}`] : [];
}

const loader = /^efi\/.*\.efi$/;

function otherLoaders(state: BootState, reference: BootState | undefined): readonly string[] {
  const files = loadersOf(state);
  return [...loadersOf(reference)].flatMap(([path, digest]) => {
    const own = files.get(path);
    if (own === digest) return [];
    const of = `${path} of ${reference?.esp?.partition}`;
    return [
      `${state.esp?.partition} ${own === undefined ? `lacks ${of}` : `has another ${path} than ${reference?.esp?.partition}`}`,
    ];
  });
}

/** Paths without a slash before them, in small letters: VFAT doesn't tell them apart. */
function loadersOf(state: BootState | undefined): ReadonlyMap<string, string> {
  const files = Object.entries(state?.esp?.files ?? {}).map(
    ([path, digest]) => [path.replace(/^\/+/, "").toLowerCase(), digest] as const,
  );
  return new Map(files.filter(([path]) => loader.test(path)));
}
