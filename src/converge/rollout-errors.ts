import { type ErrorTable, failer } from "../errors.ts";

const listed = (names: readonly string[]) => names.join(", ") || "none";

/** What goes wrong when a part of the catalogue, or of the nodes, is chosen, and when a rollout stops. */
export const errors = {
  "selector-invalid": {
    sentence: ({ text, problem }: { text: string; problem: string }) =>
      `the selection ${JSON.stringify(text)} can't be read: ${problem}`,
    hint: ({ advice }: { advice: string }) => advice,
    fault: "input",
    retry: false,
  },
  "selection-empty": {
    sentence: ({ text, node }: { text: string; node: string }) => `${text} selects nothing of what ${node} should have`,
    hint: ({ there }: { there: string }) => `There is: ${there}`,
    fault: "input",
    retry: false,
  },
  "limit-invalid": {
    sentence: ({ text, problem }: { text: string; problem: string }) =>
      `the limit ${JSON.stringify(text)} can't be read: ${problem}`,
    hint: ({ advice }: { advice: string }) => advice,
    fault: "input",
    retry: false,
  },
  "limit-unknown": {
    sentence: ({ kind, name }: { kind: string; name: string }) =>
      kind === "name"
        ? `no node of the inventory is called ${JSON.stringify(name)}`
        : `no node of the inventory has ${kind} ${JSON.stringify(name)}`,
    hint: ({ known }: { known: string }) => known,
    fault: "input",
    retry: false,
  },
  "limit-empty": {
    sentence: ({ text }: { text: string }) => `the limit ${JSON.stringify(text)} leaves no node`,
    hint: ({ nodes }: { nodes: readonly string[] }) => `It was taken of: ${listed(nodes)}`,
    fault: "input",
    retry: false,
  },
  "nodes-unnamed": {
    sentence: ({ verb }: { verb: string }) => `no node was named, and ${verb} doesn't take all of them by itself`,
    hint: ({ count }: { count: number }) =>
      `Name some, or choose them by --limit role=NAME; all ${count} of them: --all`,
    fault: "input",
    retry: false,
  },
  "too-many-nodes": {
    sentence: ({ nodes, max }: { nodes: readonly string[]; max: number }) =>
      `this would act on ${nodes.length} nodes, and ${max} is the most without --all: ${listed(nodes)}`,
    hint: ({ nodes }: { nodes: readonly string[] }) =>
      `Say --all or --max ${nodes.length} if all of them are meant; else narrow it with --limit`,
    fault: "input",
    retry: false,
  },
  "rollout-stopped": {
    sentence: ({ node, because }: { node: string; because: string }) => `${node} was not begun: ${because}`,
    hint: () => "Mend that first; then run the same command again: what is done is found done.",
    fault: "machine",
    retry: true,
  },
  "rollout-unfit": {
    sentence: ({ role, problem }: { role: string; problem: string }) =>
      `role ${role} has a rollout that can't be: ${problem}`,
    hint: ({ role }: { role: string }) => `Correct rollout in roles/${role}/role.ts.`,
    fault: "input",
    retry: false,
  },
  "bootstrap-elsewhere": {
    sentence: ({ node, role, first, begun }: { node: string; role: string; first: string; begun: boolean }) =>
      begun
        ? `${node} has to wait: the cluster of role ${role} is being made on ${first}, which isn't verified yet`
        : `${node} has to wait: there is no cluster of role ${role} yet, and it is made on ${first}, the first of its nodes`,
    hint: ({ first }: { first: string }) =>
      `Run: provision apply ${first} (if it is gone for good: provision forget ${first} --force)`,
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
