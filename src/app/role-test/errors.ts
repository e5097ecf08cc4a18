import { type ErrorTable, failer } from "../../errors.ts";

const lines = (text: readonly string[]) => text.map((line) => `\n  ${line}`).join("");

export const errors = {
  "role-folder-missing": {
    sentence: (d: { folder: string }) => `There is no role in ${d.folder}: it has no role.ts`,
    hint: () => "Give the role's folder, such as roles/varnish; a new one is written by: provision role new NAME",
    fault: "input",
    retry: false,
  },
  "role-broken": {
    sentence: (d: { file: string; reason: string }) => `${d.file} can't be loaded: ${d.reason}`,
    hint: () => "Correct the role; its imports must lead to files that are there",
    fault: "input",
    retry: false,
  },
  "role-not-exported": {
    sentence: (d: { file: string; name: string }) =>
      `${d.file} exports no role that is named ${d.name}, as its folder is`,
    hint: (d: { name: string }) => `It needs: export const … = defineRole({ name: "${d.name}", … })`,
    fault: "input",
    retry: false,
  },
  "role-without-cases": {
    sentence: (d: { role: string }) => `The role ${d.role} declares no case, so there is nothing to try it with`,
    hint: () => 'Add to the role: cases: [{ name: "usual", parameters: { … } }]',
    fault: "input",
    retry: false,
  },
  "case-unknown": {
    sentence: (d: { role: string; name: string }) => `The role ${d.role} has no case "${d.name}"`,
    hint: (d: { known: readonly string[] }) => `Its cases are: ${d.known.join(", ")}`,
    fault: "input",
    retry: false,
  },
  "role-name-unfit": {
    sentence: (d: { name: string; why: string }) => `"${d.name}" can't be the name of a role: ${d.why}`,
    hint: () => "For instance: provision role new page-cache",
    fault: "input",
    retry: false,
  },
  "role-exists": {
    sentence: (d: { folder: string }) => `${d.folder} is there already, and nothing was written`,
    hint: () => "Take another name, or another folder with --in",
    fault: "input",
    retry: false,
  },
  "role-not-writable": {
    sentence: (d: { folder: string; reason: string }) =>
      `${d.folder} could not be written, and nothing is left of it: ${d.reason}`,
    hint: () => "Say with --in where it may be written",
    fault: "environment",
    retry: false,
  },
  "not-idempotent": {
    sentence: (d: { host: string; diff: readonly string[] }) =>
      `The second converge of ${d.host} still finds something to change:${lines(d.diff)}`,
    hint: () =>
      "What the first run left isn't what the role declares: see the diff. A command needs unless, onlyIf or creates",
    fault: "input",
    retry: false,
  },
  "restarted-for-nothing": {
    sentence: (d: { host: string; services: readonly string[] }) =>
      `The second converge of ${d.host} changed nothing, but these services are other processes now:${lines(d.services)}`,
    hint: () => "Something restarts them in each run; a command that does belongs behind a change (notify, subscribe)",
    fault: "input",
    retry: false,
  },
  "break-failed": {
    sentence: (d: { host: string; says: string; output: string }) =>
      `${d.host} could not be broken (${d.says}): ${d.output.trim() || "no output"}`,
    hint: () => "Correct the case's breaks: each is a command that ends with 0",
    fault: "input",
    retry: false,
  },
  "drift-not-found": {
    sentence: (d: { host: string; says: string }) => `${d.says}, and a check of ${d.host} finds nothing to change`,
    hint: () =>
      "The role declares nothing that this breaks, or what was broken mends itself: declare the case's own breaks",
    fault: "input",
    retry: false,
  },
  "drift-not-mended": {
    sentence: (d: { host: string; says: string; diff: readonly string[] }) =>
      `${d.says}, and after a converge ${d.host} still differs:${lines(d.diff)}`,
    hint: () => "What the role does about it doesn't bring back what it declares: see the diff",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
