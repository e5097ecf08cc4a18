import { type ErrorTable, failer } from "../errors.ts";

interface Held {
  readonly node: string;
  readonly kind: string;
  readonly by: string;
  readonly since: string;
}

interface GateFinding {
  readonly gate: string;
  readonly evidence: string;
  readonly remedy?: string;
  readonly waiver?: string;
}

/** The machine's own words, cleaned at the door. */
const said = (d: { readonly node: string; readonly said: string }) => d.said;

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

export const errors = {
  "node-busy": {
    sentence: (d: Held) => `${d.node} is busy: ${d.kind}, started by ${d.by} at ${d.since}`,
    hint: (d: Held) => `Watch it with: provision status ${d.node}; stop it with: provision cancel ${d.node}`,
    fault: "input",
    retry: true,
  },
  "wrong-phase": {
    sentence: (d: { node: string; kind: string; phase: string; allowed: readonly string[] }) =>
      `${d.kind} needs a node that is ${d.allowed.join(" or ")}; ${d.node} is ${d.phase}`,
    hint: (d: { node: string }) => `See what it needs first: provision status ${d.node}`,
    fault: "input",
    retry: false,
  },
  "operation-unknown": {
    sentence: (d: { kind: string }) => `This controller can't do "${d.kind}" yet`,
    hint: () => "See provision --help for what it can do.",
    fault: "input",
    retry: false,
  },
  "node-paused": {
    sentence: (d: { node: string }) => `${d.node} is paused`,
    hint: () => "Resume it before you start anything on it.",
    fault: "input",
    retry: false,
  },
  "node-in-use": {
    sentence: (d: { node: string; phase: string }) => `${d.node} is ${d.phase}, so it isn't forgotten just like that`,
    hint: (d: { node: string }) => `If you mean it: provision forget ${d.node} --force`,
    fault: "input",
    retry: false,
  },
  "controller-restarted": {
    sentence: (d: { node: string; step: string }) =>
      `The controller was restarted while ${d.node} was at "${d.step}", which can't be repeated safely`,
    hint: (d: { node: string }) => `See how the machine is, then start again: provision node ${d.node}`,
    fault: "environment",
    retry: false,
  },
  "database-restored": {
    sentence: (d: { node: string }) => `The database was restored or copied while an operation ran on ${d.node}`,
    hint: (d: { node: string }) => `See how the machine is, then start again: provision node ${d.node}`,
    fault: "environment",
    retry: false,
  },
  "nothing-held": {
    sentence: (d: { node: string }) => `Nothing on ${d.node} waits for an answer`,
    hint: (d: { node: string }) => `See what runs on it: provision status ${d.node}`,
    fault: "input",
    retry: false,
  },
  "swap-declined": {
    sentence: (d: { node: string; serial: string; by: string }) => `${d.by} left ${d.serial} in ${d.node}`,
    hint: (d: { node: string; serial: string }) =>
      `It still should be replaced. When it suits: provision disk replace ${d.node} ${d.serial}`,
    fault: "input",
    retry: false,
  },
  "operation-cancelled": {
    sentence: (d: { node: string; by: string }) => `The operation on ${d.node} was cancelled by ${d.by}`,
    hint: (d: { node: string }) => `Start again with: provision node ${d.node}`,
    fault: "input",
    retry: false,
  },
  "operation-lost": {
    sentence: (d: { node: string }) => `The operation on ${d.node} isn't this controller's any more`,
    hint: (d: { node: string }) =>
      `Another controller took it over, or this one could not renew its lease: provision status ${d.node}`,
    fault: "environment",
    retry: false,
  },
  "step-timeout": {
    sentence: (d: { node: string; step: string; deadlineMs: number }) =>
      `"${d.step}" on ${d.node} was not finished after ${seconds(d.deadlineMs)}`,
    hint: (d: { node: string }) => `Look at the machine's console; then start again: provision node ${d.node}`,
    fault: "machine",
    retry: false,
  },
  "node-is-running": {
    sentence: (d: { node: string }) => `${d.node} is powered on, and nothing is known of what runs on it`,
    hint: (d: { node: string }) =>
      `If it may be erased: provision node ${d.node} --reinstall; else power it off first.`,
    fault: "input",
    retry: false,
  },
  "already-installed": {
    sentence: (d: { node: string; phase: string }) => `${d.node} is ${d.phase}; installing it again would erase it`,
    hint: (d: { node: string }) => `If it may be erased: provision node ${d.node} --reinstall`,
    fault: "input",
    retry: false,
  },
  "power-unchanged": {
    sentence: (d: { node: string; wanted: string; waitedMs: number }) =>
      `The BMC of ${d.node} took the order, but ${seconds(d.waitedMs)} later the machine is still not ${d.wanted}`,
    hint: () => "Look at the machine and at its BMC's event log; some BMCs need a cold reset.",
    fault: "machine",
    retry: false,
  },
  "no-network-boot": {
    sentence: (d: { node: string; mac: string; waitedMs: number }) =>
      `${d.node} was powered on, but sent no DHCP request from ${d.mac} within ${seconds(d.waitedMs)}`,
    hint: (d: { hint: string }) => d.hint,
    fault: "machine",
    retry: false,
  },
  "boot-stalled": {
    sentence: (d: { node: string; waitedMs: number; last: string; cause: string }) =>
      `${d.node} was last seen when it ${d.last}, and then nothing for ${seconds(d.waitedMs)}: ${d.cause}`,
    hint: (d: { hint: string }) => d.hint,
    fault: "machine",
    retry: false,
  },
  "machine-restarted": {
    sentence: (d: { node: string }) => `${d.node} restarted in the middle of its installation`,
    hint: (d: { node: string }) =>
      `Power cut, watchdog or crash: look at its console and its BMC's event log, then: provision node ${d.node} --reinstall`,
    fault: "machine",
    retry: false,
  },
  "install-failed": {
    sentence: (d: { node: string; said: string }) => `The installer on ${d.node} gave up: ${d.said}`,
    hint: (d: { node: string }) => `Its last lines are in: provision history ${d.node}; more is on its console.`,
    fault: "machine",
    retry: false,
  },
  "disk-not-found": {
    sentence: said,
    hint: () =>
      "Compare the serials that it names with the node's disks in the inventory; is the disk in, and its cable?",
    fault: "input",
    retry: false,
  },
  "disk-ambiguous": {
    sentence: said,
    hint: () => "Name each disk by its serial or WWN in the node's inventory file.",
    fault: "input",
    retry: false,
  },
  "disk-not-empty": {
    sentence: said,
    hint: () => "If it may be erased, install with --reinstall; else take the disk out.",
    fault: "input",
    retry: false,
  },
  "disk-in-use": {
    sentence: said,
    hint: () => "Look at the machine's console; stop what holds the disk, or take the disk out.",
    fault: "machine",
    retry: false,
  },
  "disk-too-small": {
    sentence: said,
    hint: () => "Choose larger disks, or a smaller image in the profile.",
    fault: "input",
    retry: false,
  },
  "image-download-failed": {
    sentence: said,
    hint: () => "Check the network between the machine and the controller, then start again.",
    fault: "environment",
    retry: true,
  },
  "image-digest-mismatch": {
    sentence: said,
    hint: (d: { node: string }) =>
      `What was built may be damaged: build it again with provision image build PROFILE --fresh, then: provision node ${d.node} --reinstall. If it happens again, suspect the disks or the memory.`,
    fault: "machine",
    retry: true,
  },
  "intent-lost": {
    sentence: (d: { node: string; state: string }) => `The permission to install ${d.node} is ${d.state}`,
    hint: (d: { node: string }) => `Somebody disarmed it, or it took too long. Start again: provision node ${d.node}`,
    fault: "environment",
    retry: false,
  },
  "not-converged": {
    sentence: (d: { node: string; left: number }) =>
      `${d.left} changes are still to be made on ${d.node} right after they were applied`,
    hint: (d: { node: string }) => `Two resources undo each other, or one reads wrongly. See: provision plan ${d.node}`,
    fault: "input",
    retry: false,
  },
  "swap-refused-by-gates": {
    sentence: (d: { node: string; serial: string; findings: readonly GateFinding[] }) =>
      `${d.serial} of ${d.node} isn't replaced: ${d.findings.map(({ gate, evidence }) => `${gate} ${evidence}`).join("; ")}`,
    hint: (d: { findings: readonly GateFinding[] }) => {
      const remedies = d.findings.flatMap(({ remedy }) => (remedy ? [remedy] : []));
      const words = d.findings.flatMap(({ waiver }) => (waiver ? [waiver] : []));
      const byName = words.length > 0 ? [`What may be waived is waived by name: ${words.join(", ")}`] : [];
      return [...new Set([...remedies, ...byName])].join(" ") || "Mend what it names; nothing was touched.";
    },
    fault: "input",
    retry: false,
  },
  "swap-unproven": {
    sentence: (d: { node: string; what: string; waitedMs: number }) =>
      `On ${d.node} it was done, but ${seconds(d.waitedMs)} later it can't be seen: ${d.what}`,
    hint: (d: { node: string }) =>
      `Look at it: provision disk status ${d.node}; then begin again, which goes on from there.`,
    fault: "machine",
    retry: true,
  },
  "swap-backup-unproven": {
    sentence: (d: { node: string; backup: string; ageSeconds: number | undefined }) =>
      `The backup ${d.backup} of ${d.node} was made, but the newest one that can be seen is ${d.ageSeconds === undefined ? "none" : `${Math.round(d.ageSeconds / 60)} minutes old`}`,
    hint: () => "Run its command on the node by hand and read what it says. Nothing was taken out of an array.",
    fault: "machine",
    retry: true,
  },
  "swap-disk-still-in": {
    sentence: (d: { node: string; serial: string }) => `${d.serial} should be out of ${d.node}, and is seen there`,
    hint: (d: { node: string; serial: string }) =>
      `Somebody put it back in? Begin again: provision disk replace ${d.node} ${d.serial}`,
    fault: "machine",
    retry: false,
  },
  "swap-new-disk-lost": {
    sentence: (d: { node: string; serial: string }) => `The new disk ${d.serial} isn't seen on ${d.node} any more`,
    hint: () => "Was it pulled, or did it fail? The arrays run on without it: begin again with another one.",
    fault: "machine",
    retry: false,
  },
  "swap-table-unknown": {
    sentence: (d: { node: string; serial: string }) =>
      `No survivor on ${d.node} is laid out as ${d.serial} was, and no record of its partitions was kept`,
    hint: () =>
      "Nothing was touched. Partition a new disk by hand (sfdisk, as large as the arrays' members), and add it with mdadm.",
    fault: "input",
    retry: false,
  },
  "swap-no-boot-model": {
    sentence: (d: { node: string; serial: string }) =>
      `${d.serial} of ${d.node} can't be made to start the machine: no other disk has a boot loader to copy`,
    hint: () => "Install one on a survivor by hand (grub-install), and begin again.",
    fault: "machine",
    retry: false,
  },
  "swap-rebuild-failed": {
    sentence: (d: { node: string; serial: string; array: string }) =>
      `${d.array} on ${d.node} has given up the new disk ${d.serial} in the middle of its rebuild`,
    hint: (d: { node: string }) =>
      `Its log tells whether the new disk or a survivor can't be read: provision disk status ${d.node}`,
    fault: "machine",
    retry: false,
  },
  "swap-degraded-done": {
    sentence: (d: { node: string; newSerial: string; failures: readonly string[] }) =>
      `${d.newSerial} is in ${d.node}'s arrays, but not all is well: ${d.failures.join("; ")}`,
    hint: (d: { node: string }) => `Back up what still reads, and mend these: provision disk status ${d.node}`,
    fault: "machine",
    retry: false,
  },
  "swap-member-unknown": {
    sentence: (d: { node: string; pool: string; member: string; seen: string }) =>
      `${d.member} of ${d.pool} on ${d.node} isn't what was to be replaced: ${d.seen}`,
    hint: (d: { node: string }) => `Nothing was touched. Look at it, and begin again: provision disk status ${d.node}`,
    fault: "machine",
    retry: false,
  },
  "swap-not-taken-back": {
    sentence: (d: { node: string; serial: string; why: string }) =>
      `${d.serial} is in ${d.node} again, and isn't taken back: ${d.why}`,
    hint: () => "Put another disk in and begin again; or mend it by hand with its keeper's own tool.",
    fault: "machine",
    retry: false,
  },
  "swap-not-erasable": {
    sentence: (d: { node: string; serial: string; found: string }) =>
      `What is on the new disk ${d.serial} of ${d.node} can't be erased from here: ${d.found}`,
    hint: () => "Erase it elsewhere, or with the controller's own tool, and begin again.",
    fault: "machine",
    retry: false,
  },
  "swap-undrain-failed": {
    sentence: (d: { node: string; failed: readonly string[] }) =>
      `Not everything was brought back to ${d.node}: ${d.failed.join("; ")}`,
    hint: () => "The disk is replaced. Start these by hand.",
    fault: "machine",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
