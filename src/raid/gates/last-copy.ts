import type { Member, RaidArray } from "../../disks.ts";
import { serialOf } from "../members.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { errorsAgainst } from "./kernel-words.ts";
import { labelOf, nameOf, otherArrays, targetArrays } from "./target-arrays.ts";

/**
 * G6. Holes in the survivors are copied into the new disk's bad-block list, and `[UU]` says nothing of it: sysfs and the
 * kernel's log do. Refused. Who has listed the files and lives without them says so with `--accept-data-loss`
 * (`surroundings.acceptsDataLoss`): only then it is `confirm`, and that same flag waives it. The word `data-loss` among
 * the waivers alone does nothing.
 */
export const lastCopyGate: Gate = {
  id: "G6",
  title: "What the survivors hold can be read",
  judge(question) {
    const holes = [...targetArrays(question).flatMap(({ array }) => holesIn(array, question)), ...logged(question)];
    const verdict = question.surroundings.acceptsDataLoss ? "confirm" : "refuse";
    const bad = holes.map((evidence): Judgement => ({ verdict, evidence, remedy, ...waiverOf(verdict) }));
    const slight = [...uneasy(question), ...elsewhere(question)].map(
      (evidence): Judgement => ({ verdict: "warn", evidence }),
    );
    return [...(bad.length > 0 ? bad : [clean(question)]), ...slight];
  },
};

const remedy =
  "The last copy has holes: back up what lies there and list the files that can't be read (they're lost), " +
  "then repeat with --accept-data-loss.";

const waiverOf = (verdict: "confirm" | "refuse") => (verdict === "confirm" ? { waiver: "data-loss" } : {});

/** A member with a write error stays `in_sync`; nothing else tells that it has a hole. */
function holesIn(array: RaidArray, question: SwapQuestion): readonly string[] {
  return survivorsIn(array, question).flatMap((member) => {
    const holes = member.badBlocks.length;
    if (holes === 0 && !member.states.includes("write_error")) return [];
    const states = member.states.join(",");
    const where = holes === 0 ? "" : ` (${member.badBlocks.slice(0, 3).join("; ")}${holes > 3 ? "; …" : ""})`;
    return [`${labelOf(array)}: ${nameOf(member)} is ${states}, ${holes} bad block ranges${where}`];
  });
}

/** One finding per device, with its last line: a dying disk says the same a thousand times. */
function logged(question: SwapQuestion): readonly string[] {
  const arrays = targetArrays(question).map(({ array }) => array.name);
  const errors = errorsAgainst(question.world, question.plan.survivors, arrays);
  const devices = [...new Set(errors.map((error) => error.device))];
  return devices.map((device) => {
    const lines = errors.filter((error) => error.device === device);
    return `the kernel's log has ${lines.length} errors of ${device}, the last: ${lines.at(-1)?.text}`;
  });
}

function uneasy(question: SwapQuestion): readonly string[] {
  return targetArrays(question).flatMap(({ array, label }) =>
    survivorsIn(array, question).flatMap((member) => [
      ...(member.errors > 0
        ? [`${label}: ${nameOf(member)} had ${member.errors} read errors that were corrected`]
        : []),
      ...member.states
        .filter((state) => state === "want_replacement" || state === "blocked")
        .map((state) => `${label}: ${nameOf(member)} is ${state}`),
    ]),
  );
}

/** This swap takes no copy from these arrays, but who works on the machine should know. */
function elsewhere(question: SwapQuestion): readonly string[] {
  return otherArrays(question).flatMap((array) =>
    array.members.flatMap((member) =>
      member.badBlocks.length > 0 ? [`${labelOf(array)}: ${nameOf(member)} has bad blocks; not of this swap`] : [],
    ),
  );
}

function clean(question: SwapQuestion): Judgement {
  const seen = targetArrays(question).flatMap(({ array, label }) =>
    survivorsIn(array, question).map(
      (member) => `${label}: ${nameOf(member)} is ${member.states.join(",")}, 0 bad blocks`,
    ),
  );
  const evidence = [...seen, "no errors of them in the kernel's log"].join("; ");
  return { verdict: "pass", evidence };
}

/** Faulty ones hold nothing that is counted on; everything else that isn't the target's is a survivor. */
function survivorsIn(array: RaidArray, { plan, world }: SwapQuestion): readonly Member[] {
  return array.members.filter(
    (member) => serialOf(world, member) !== plan.target.serial && !member.states.includes("faulty"),
  );
}
