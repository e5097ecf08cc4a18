import type { Disk } from "../../../disks.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { HoldQuestion } from "../../step.ts";

type Facts = HoldQuestion["facts"];

const fact = (label: string, value: string | undefined): Facts => (value ? [{ label, value }] : []);

/** As disks are sold, and to the byte: `960 GB (960197124096 bytes)`. */
export function sizeText(bytes: number): string {
  const [unit, name] = bytes >= 1e12 ? [1e12, "TB"] : bytes >= 1e9 ? [1e9, "GB"] : [1e6, "MB"];
  return `${Math.round((bytes / unit) * 100) / 100} ${name} (${bytes} bytes)`;
}

export const slotText = (slot: string | undefined, enclosure: string | undefined): string =>
  slot === undefined ? "unknown" : enclosure === undefined ? slot : `${slot} of enclosure ${enclosure}`;

const complaining = (complaint: string | undefined) => (complaint === undefined ? {} : { complaint });

const lightText = (light: string | undefined): string =>
  light === undefined || light === "none" ? "none that this machine can light" : `on (${light})`;

/** The disk to be pulled, and those beside it that must stay. */
export function targetFacts({ target }: SwapPlan, light: string | undefined): Facts {
  const maker = [target.vendor, target.model].filter(Boolean).join(" ");
  return [
    ...fact("slot", slotText(target.slot, target.enclosure)),
    ...fact("serial", target.serial),
    ...fact("model", maker || undefined),
    ...fact("size", target.sizeBytes > 0 ? sizeText(target.sizeBytes) : undefined),
    ...fact("locate light", lightText(light)),
    ...target.neighbours.flatMap(({ slot, serial, model }) =>
      fact(`must stay: slot ${slot ?? "unknown"}`, [serial, model].filter(Boolean).join(", ")),
    ),
  ];
}

export interface TargetQuestion {
  readonly plan: SwapPlan;
  readonly light: string | undefined;
  readonly complaint: string | undefined;
}

const lastFour = "the last four characters of the pulled disk's serial number";

/** The machine runs; the disk was let go of by the system. */
export const pullQuestion = ({ plan, light, complaint }: TargetQuestion): HoldQuestion => ({
  kind: "pull",
  text: `Pull the disk ${plan.target.serial}, read the serial number on its label, and type how it ends. Leave all others in.`,
  expects: lastFour,
  facts: targetFacts(plan, light),
  ...complaining(complaint),
});

/** The host doesn't see the disk any more: its bay may be empty, or the disk in it is dead. */
export const goneQuestion = ({ plan, light, complaint }: TargetQuestion): HoldQuestion => ({
  kind: "gone",
  text: `The machine doesn't see ${plan.target.serial} any more. If the disk is still in its bay, pull it and type how the serial number on its label ends; if the bay is empty already, type: empty`,
  expects: `${lastFour}, or: empty`,
  facts: targetFacts(plan, light),
  ...complaining(complaint),
});

/** No light: its activity shows which one it is, while it is being read. */
export const findQuestion = ({ plan, light, complaint }: TargetQuestion): HoldQuestion => ({
  kind: "find",
  text: `Find the disk ${plan.target.serial}; it has no locate light, but its activity light goes on and off in long beats now. Don't pull it yet: when you have found it, type: found`,
  expects: "found, or the last four characters of its serial number",
  facts: targetFacts(plan, light),
  ...complaining(complaint),
});

/** Before the power goes. */
export const beforeOffQuestion = ({ plan, light, complaint }: TargetQuestion): HoldQuestion => ({
  kind: "before-off",
  text: `Find the disk ${plan.target.serial} and have the new one at hand: the machine will be shut down when you answer. Type how the serial number on its label ends; if it can't be read before it is pulled, type: off`,
  expects: "the last four characters of its serial number, or: off",
  facts: targetFacts(plan, light),
  ...complaining(complaint),
});

/** The power is off. `identified`: its serial number was read before. */
export const whileOffQuestion = ({ plan, light, complaint }: TargetQuestion, identified: boolean): HoldQuestion => ({
  kind: "while-off",
  text: `The machine is off. Pull the disk ${plan.target.serial} and put the new one into its place. Then type ${identified ? "done, or " : ""}how the serial number of the pulled disk ends: the machine is switched on then.`,
  expects: identified ? `done, or ${lastFour}` : lastFour,
  facts: targetFacts(plan, light),
  ...complaining(complaint),
});

const minutes = (ms: number) => `${Math.round(ms / 60_000)} minutes`;

export const notOffQuestion = (
  { target }: SwapPlan,
  waitedMs: number,
  complaint: string | undefined,
): HoldQuestion => ({
  kind: "not-off",
  text: `The machine isn't off ${minutes(waitedMs)} after it was told to shut down. Look at its console: something may still be ending. To cut its power, type: cut`,
  expects: "nothing: it goes on when the machine is off; or: cut",
  facts: fact("to be replaced", target.serial),
  ...complaining(complaint),
});

export const notBackQuestion = ({ target }: SwapPlan, waitedMs: number): HoldQuestion => ({
  kind: "not-back",
  text: `The machine doesn't answer ${minutes(waitedMs)} after it was switched on. Look at its console (serial over LAN): does it find something to start from? If it doesn't, and the old disk could still be read, put that back; else start a rescue system from the network.`,
  expects: "nothing: it goes on when the machine answers",
  facts: fact("replaced", target.serial),
});

export const stallQuestion = (arrays: readonly string[], stalledMs: number): HoldQuestion => ({
  kind: "stall",
  text: `The rebuild hasn't moved for ${minutes(stalledMs)}. Look at the kernel's log and at /proc/mdstat on the machine.`,
  expects: "nothing: it goes on when the rebuild moves",
  facts: arrays.map((value) => ({ label: "array", value })),
});

export const putBackQuestion = (
  { target }: SwapPlan,
  serials: readonly string[],
  complaint: string | undefined,
): HoldQuestion => ({
  kind: "put-back",
  text: `STOP: the wrong disk was pulled. Put ${serials.join(" and ")} back into ${serials.length > 1 ? "their bays" : "its bay"} now. ${target.serial} is the one that goes.`,
  expects: "nothing: it goes on when the disk is seen again",
  facts: serials.map((serial) => ({
    label: `put back: slot ${target.neighbours.find((one) => one.serial === serial)?.slot ?? "unknown"}`,
    value: serial,
  })),
  ...complaining(complaint),
});

/** The new disk is asked for. */
export const newDiskQuestion = ({ target }: SwapPlan, complaint: string | undefined): HoldQuestion => ({
  kind: "new-disk",
  text: "Put the new disk in. It is recognised by itself; if it was in the machine before the swap began, type how its serial number ends; if nothing happens for a minute, type: look",
  expects: "nothing; or the last four characters of the new disk's serial number; or: look",
  facts: [
    ...fact("slot", slotText(target.slot, target.enclosure)),
    ...fact("at least", sizeText(target.sizeBytes)),
    ...fact("sectors", `${target.logicalSectorBytes} bytes`),
    ...fact("transport", target.transport),
  ],
  ...complaining(complaint),
});

export const sameDiskQuestion = ({ target }: SwapPlan, complaint: string | undefined): HoldQuestion => ({
  kind: "same-disk",
  text: `The old disk, ${target.serial}, is in again. Put another one in; or, if it was only to be re-seated, type: same disk`,
  expects: "nothing when another disk is put in; else: same disk",
  facts: targetFactsShort(target),
  ...complaining(complaint),
});

const targetFactsShort = (target: SwapPlan["target"]): Facts => [
  ...fact("serial", target.serial),
  ...fact("slot", slotText(target.slot, target.enclosure)),
];

/** Something is on the new disk. */
export const wipeQuestion = (
  disk: Pick<Disk, "serial" | "vendor" | "model" | "sizeBytes">,
  found: readonly string[],
  complaint: string | undefined,
): HoldQuestion => ({
  kind: "wipe",
  text: "The new disk isn't blank. If all that is on it may be erased, type the last four characters of the NEW disk's serial number; else put another one in.",
  expects: "the last four characters of the new disk's serial number",
  facts: [
    ...fact("new disk", disk.serial),
    ...fact("model", [disk.vendor, disk.model].filter(Boolean).join(" ") || undefined),
    ...fact("size", sizeText(disk.sizeBytes)),
    ...found.map((line) => ({ label: "found", value: line })),
  ],
  ...complaining(complaint),
});
