import { type ErrorTable, failer, formatPlace, type Place } from "../errors.ts";

/** Where a failed resource stands, and the end of what its command said. */
export interface FailedResource {
  readonly role: string;
  readonly resource: string;
  readonly declared: Place;
  readonly output: string;
}

interface Declared {
  readonly resource: string;
  readonly declared: Place;
}

const declaredAt = ({ resource, declared }: Declared) => `${resource} (${formatPlace(declared)})`;

const where = ({ role, resource, declared }: Omit<FailedResource, "output">) =>
  `role ${role}, ${resource} (${formatPlace(declared)})`;
const said = (output: string) => (output.trim() ? `; its last words:\n${output.trim()}` : "");

export const errors = {
  "role-unknown": {
    sentence: ({ role, node }: { role: string; node: string }) =>
      `node ${node} asks for role ${role}, which doesn't exist`,
    hint: ({ known }: { known: readonly string[] }) =>
      `Roles are: ${known.join(", ")}. A new one is a folder in roles/ and a line in roles/list.ts.`,
    fault: "input",
    retry: false,
  },
  "parameter-invalid": {
    sentence: ({ role, problem }: { role: string; problem: string }) => `role ${role}: ${problem}`,
    hint: ({ role }: { role: string }) => `roles/${role}/README.md lists the parameters and their forms.`,
    fault: "input",
    retry: false,
  },
  "resource-invalid": {
    sentence: ({ role, resource, problem }: { role: string; resource: string; problem: string }) =>
      `role ${role} declares ${resource} wrongly: ${problem}`,
    hint: () => "Correct the declaration in the role.",
    fault: "input",
    retry: false,
  },
  "role-file-missing": {
    sentence: ({ role, name }: { role: string; name: string }) => `role ${role} has no file files/${name}`,
    hint: ({ role }: { role: string }) => `Put it into roles/${role}/files/, or correct the name.`,
    fault: "input",
    retry: false,
  },
  "duplicate-resource": {
    sentence: ({ resource, first, second }: { resource: string; first: Place; second: Place }) =>
      `${resource} is declared twice: at ${formatPlace(first)} and at ${formatPlace(second)}`,
    hint: () => "One thing on a host has one owner: remove one of the two, or make it a parameter of one role.",
    fault: "input",
    retry: false,
  },
  "conflicting-resources": {
    sentence: ({ thing, first, second }: { thing: string; first: Declared; second: Declared }) =>
      `two resources own the ${thing}: ${declaredAt(first)} and ${declaredAt(second)}`,
    hint: () => "They would undo each other. Remove one, or write both parts as lines, blocks or settings.",
    fault: "input",
    retry: false,
  },
  "resource-missing": {
    sentence: ({ from, declared, to }: { from: string; declared: Place; to: string }) =>
      `${from} (${formatPlace(declared)}) refers to ${to}, which isn't in the catalogue`,
    hint: () => "Declare it, or correct the reference.",
    fault: "input",
    retry: false,
  },
  "catalogue-holds-secrets": {
    sentence: ({ node, secret }: { node: string; secret: readonly string[] }) =>
      `the catalogue of ${node} holds secrets, readable by whoever has it: ${secret.join(", ")}`,
    hint: () => "If the file is safe where it goes, say --reveal.",
    fault: "input",
    retry: false,
  },
  "catalogue-unreadable": {
    sentence: ({ reason }: { reason: string }) => `this is no catalogue that can be applied: ${reason}`,
    hint: () => "Write it again, with the same version of provision: provision catalogue NODE",
    fault: "input",
    retry: false,
  },
  cycle: {
    sentence: ({ steps }: { steps: readonly string[] }) =>
      `these resources wait for each other:\n  ${steps.join("\n  ")}`,
    hint: () => "Remove one of these edges.",
    fault: "input",
    retry: false,
  },
  "host-unsupported": {
    sentence: ({ host, missing }: { host: string; missing: string }) =>
      `${host} lacks what is needed to read it: ${missing}`,
    hint: () => "A POSIX sh with coreutils or busybox (sha256sum, stat, base64) must be there.",
    fault: "machine",
    retry: false,
  },
  "read-failed": {
    sentence: ({ host, exitCode, output }: { host: string; exitCode: number | null; output: string }) =>
      `reading the state of ${host} ended with ${exitCode}${said(output)}`,
    hint: () => "Nothing was changed. Run again with --debug for the whole output.",
    fault: "machine",
    retry: true,
  },
  "plan-stale": {
    sentence: ({ host }: { host: string }) => `${host} has changed since this plan was made`,
    hint: () => "Nothing was changed. Plan again and look at the new plan.",
    fault: "environment",
    retry: true,
  },
  "apply-busy": {
    sentence: ({ host, holder }: { host: string; holder: string }) => `another run is changing ${host}: ${holder}`,
    hint: () => "Wait for it to end; it isn't interrupted.",
    fault: "environment",
    retry: true,
  },
  "apply-broken": {
    sentence: ({ host, exitCode, output }: { host: string; exitCode: number | null; output: string }) =>
      `applying to ${host} ended early with ${exitCode}${said(output)}`,
    hint: () => "Run again: what was done is found done, and the rest is finished.",
    fault: "machine",
    retry: true,
  },
  "package-unknown": {
    sentence: ({ name, ...failed }: FailedResource & { name: string }) =>
      `no archive of this host has a package ${name}: ${where(failed)}${said(failed.output)}`,
    hint: () => "Correct the name, or add the repository that has it to the profile.",
    fault: "input",
    retry: false,
  },
  "package-held": {
    sentence: ({ name, ...failed }: FailedResource & { name: string }) =>
      `package ${name} is on hold on this host: ${where(failed)}${said(failed.output)}`,
    hint: () => "Someone wants this version to stay. Say hold: true or false in the resource, or run: apt-mark unhold",
    fault: "environment",
    retry: false,
  },
  "package-downgrade": {
    sentence: ({ name, ...failed }: FailedResource & { name: string }) =>
      `package ${name} would go back to an older version: ${where(failed)}${said(failed.output)}`,
    hint: () => "Raise version in the resource, or say allowDowngrade: true.",
    fault: "input",
    retry: false,
  },
  "apt-lock-held": {
    sentence: (failed: FailedResource) =>
      `another program holds the package manager's lock on this host: ${where(failed)}${said(failed.output)}`,
    hint: () => "Wait until it has finished (apt-daily, an operator's apt); then run again.",
    fault: "environment",
    retry: true,
  },
  "validation-failed": {
    sentence: (failed: FailedResource) =>
      `the new content was refused by its validation and not put in place: ${where(failed)}${said(failed.output)}`,
    hint: () => "The old file still stands. Correct the template or the parameters.",
    fault: "input",
    retry: false,
  },
  "device-refused": {
    sentence: (failed: FailedResource) =>
      `nothing was done, as data could be lost: ${where(failed)}${said(failed.output)}`,
    hint: () =>
      "Look at what is there. If it can go, remove it by hand, or say so in the resource where it has a word for it.",
    fault: "machine",
    retry: false,
  },
  "resource-failed": {
    sentence: (failed: FailedResource) => `${where(failed)} failed${said(failed.output)}`,
    hint: () => "What doesn't depend on it was finished. Mend the cause and run again.",
    fault: "machine",
    retry: true,
  },
  "still-differs": {
    sentence: ({ host, left }: { host: string; left: readonly string[] }) =>
      `after the run ${host} still differs: ${left.join(", ")}`,
    hint: () => "Something on the host undoes these, or two resources fight. `provision plan NODE` shows what is left.",
    fault: "machine",
    retry: true,
  },
  "verify-failed": {
    sentence: ({ host, failed }: { host: string; failed: readonly string[] }) =>
      `${host} does not do what its roles promise:\n  ${failed.join("\n  ")}`,
    hint: () => "Look at the service's journal on the host; then run: provision verify NODE",
    fault: "machine",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
