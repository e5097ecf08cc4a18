import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "packages-missing": {
    sentence: (d: { names: readonly string[] }) => `Debian packages are missing: ${d.names.join(" ")}`,
    hint: (d: { names: readonly string[] }) =>
      `Run: sudo apt-get install --no-install-recommends ${d.names.join(" ")} (as root, provision does it by itself)`,
    fault: "environment",
    retry: false,
  },
  "packages-not-installed": {
    sentence: (d: { names: readonly string[]; stderr: string }) =>
      `apt-get could not install ${d.names.join(" ")}: ${d.stderr.trim().split("\n").slice(-3).join(" / ")}`,
    hint: (d: { names: readonly string[] }) => `Run by hand and mend: apt-get install ${d.names.join(" ")}`,
    fault: "environment",
    retry: true,
  },
  "root-needed": {
    sentence: (d: { what: string }) => `${d.what} needs root`,
    hint: (d: { command: string }) => `Run: sudo ${d.command}`,
    fault: "environment",
    retry: false,
  },
  "state-not-writable": {
    sentence: (d: { folder: string; reason: string }) =>
      `The controller's records in ${d.folder} are closed to you: ${d.reason}`,
    hint: () => "Run the same command with sudo; or set PROVISION_STATE_DIR to a folder of your own",
    fault: "environment",
    retry: false,
  },
  "no-virtual-nodes": {
    sentence: (d: { folder: string }) =>
      `No node in ${d.folder} has a \`virtual:\` section, so there is no rack to bring up`,
    hint: () => "Add `virtual: { cpus: 2, memoryMiB: 1536 }` to a node that is to be a virtual machine",
    fault: "input",
    retry: false,
  },
  "rack-not-isolated": {
    sentence: (d: { site: string }) => `Site ${d.site} names no network namespace for its virtual rack`,
    hint: () => "Set controller.namespace in site.yaml: the rack's DHCP must never reach your network",
    fault: "input",
    retry: false,
  },
  "virtual-bmc": {
    sentence: (d: { node: string; driver: string }) => `${d.node} is virtual, but its BMC's driver is ${d.driver}`,
    hint: () => "Virtual machines get a simulated BMC: set bmc.driver to ipmi",
    fault: "input",
    retry: false,
  },
  "no-repositories": {
    sentence: (d: { reason: string }) => `No Debian package archive is known: ${d.reason}`,
    hint: () =>
      "Name them in site.yaml: packages.repositories.debian.upstream, packages.repositories.debian-security.upstream",
    fault: "environment",
    retry: false,
  },
  "installer-missing": {
    sentence: (d: { profile: string; path: string }) =>
      `The profile ${d.profile} starts an installer from ${d.path}, and the controller has no such file`,
    hint: () =>
      "Name its folder in site.yaml under installers:; for Debian 12 it comes with apt-get install debian-installer-12-netboot-amd64",
    fault: "input",
    retry: false,
  },
  "host-key-unknown": {
    sentence: (d: { node: string }) =>
      `No SSH host key is pinned for ${d.node}, so nobody can tell whether it is ${d.node} that answers`,
    hint: (d: { node: string }) =>
      `Install it first: provision node ${d.node}. Of a machine that is there already, write the key into its file: ssh: { hostKey: … }`,
    fault: "input",
    retry: false,
  },
  "catalogue-needs-facts": {
    sentence: (d: { node: string; facts: readonly string[] }) =>
      `A role of ${d.node} wants the machine's own facts (${d.facts.join(", ")}), which nobody has before it is reached`,
    hint: (d: { node: string }) => `Apply it from here: provision apply ${d.node}`,
    fault: "input",
    retry: false,
  },
  "catalogue-file": {
    sentence: (d: { file: string; reason: string }) => `The catalogue file ${d.file} can't be used: ${d.reason}`,
    hint: () => "A catalogue is written to a new file only, and read from one that is there.",
    fault: "input",
    retry: false,
  },
  "container-unnamed": {
    sentence: (d: { given: string }) => `${JSON.stringify(d.given)} names no container`,
    hint: () => "Write machine:NAME, docker:NAME, podman:NAME or pid:NUMBER.",
    fault: "input",
    retry: false,
  },
  "facts-unknown": {
    sentence: (d: { node: string }) => `Nothing was ever read of ${d.node}`,
    hint: (d: { node: string }) => `Ask it: provision facts ${d.node} --fresh`,
    fault: "input",
    retry: false,
  },
  "daemon-running": {
    sentence: (d: { socket: string }) => `A controller is running already and holds this site (${d.socket})`,
    hint: () => "Stop it first, for instance: systemctl stop provision",
    fault: "environment",
    retry: false,
  },
  "daemon-lost": {
    sentence: () => "The controller's daemon went away before it had answered",
    hint: (d: { node: string }) => `The operation goes on when it is back: provision status ${d.node}`,
    fault: "environment",
    retry: true,
  },
  "daemon-strange": {
    sentence: (d: { path: string; status: number; said: string }) =>
      `The controller's daemon answered ${d.path} with status ${d.status}: ${d.said}`,
    hint: () => "Is it of another version? Restart it, for instance: systemctl restart provision",
    fault: "environment",
    retry: false,
  },
  "loader-missing": {
    sentence: (d: { file: string }) => `The first loader ${d.file} is not there`,
    hint: () => "Run: sudo apt-get install ipxe",
    fault: "environment",
    retry: false,
  },
  "layout-unsupported": {
    sentence: (d: { node: string; layout: string }) =>
      `${d.node}: an image can't be deployed on the storage layout ${d.layout} yet`,
    hint: () => "Use raid1 or single in the profile, or install it by preseed, kickstart or autoinstall",
    fault: "input",
    retry: false,
  },
  "image-missing": {
    sentence: (d: { profile: string }) => `There is no built image of profile ${d.profile}`,
    hint: (d: { profile: string }) => `Run: provision image build ${d.profile}`,
    fault: "input",
    retry: false,
  },
  "profile-unknown": {
    sentence: (d: { profile: string }) => `There is no profile "${d.profile}" in the inventory`,
    hint: (d: { known: readonly string[] }) => `Profiles are: ${d.known.join(", ") || "none"}`,
    fault: "input",
    retry: false,
  },
  "profile-without-archives": {
    sentence: (d: { profile: string }) =>
      `Profile ${d.profile} names no package archive, so no image can be made of it`,
    hint: () => "Add to the profile: repositories: [{ name: debian, suite: bookworm, components: [main] }]",
    fault: "input",
    retry: false,
  },
  "archive-unknown": {
    sentence: (d: { profile: string; archive: string }) =>
      `Profile ${d.profile} wants the package archive "${d.archive}", which this site doesn't offer`,
    hint: (d: { known: readonly string[] }) =>
      `Offered are: ${d.known.join(", ") || "none"}. Others are named in site.yaml under packages.repositories`,
    fault: "input",
    retry: false,
  },
  "test-image-no-archive": {
    sentence: (d: { system: string }) =>
      `Virtual test hosts run Debian 12, and this machine (${d.system}) has none of its archives`,
    hint: () =>
      "Name a mirror of Debian that can be reached from here: PROVISION_DEBIAN_ARCHIVE=http://MIRROR/debian (its security archive is expected beside it, as debian-security). Containers don't need it",
    fault: "environment",
    retry: false,
  },
  "controller-key-damaged": {
    sentence: (d: { file: string }) => `The controller's SSH key ${d.file} can't be read as a key`,
    hint: () => "Put it back from a backup; with a new key every node would have to be reinstalled",
    fault: "environment",
    retry: false,
  },
  "disk-unknown": {
    sentence: (d: { node: string; word: string; known: readonly string[] }) => `${d.node} has no disk ${d.word}`,
    hint: (d: { node: string; known: readonly string[] }) =>
      `It has: ${d.known.join(", ") || "none with a serial number"}. See: provision disk status ${d.node}`,
    fault: "input",
    retry: false,
  },
  "disk-several": {
    sentence: (d: { node: string; word: string; candidates: readonly string[] }) =>
      `${d.word} fits several disks of ${d.node}: ${d.candidates.join(", ")}`,
    hint: () => "Name it by its whole serial number.",
    fault: "input",
    retry: false,
  },
  "disk-without-serial": {
    sentence: (d: { node: string; word: string }) => `${d.word} of ${d.node} tells no serial number`,
    hint: () => "Nothing is done to a disk that can't be told from another. Look at its controller's own tool.",
    fault: "machine",
    retry: false,
  },
  "keeper-hot-only": {
    sentence: (d: { disk: string; kind: string; mode: string }) =>
      `${d.disk} is kept by ${d.kind}: its swap can't be done ${d.mode === "cold" ? "with the power off" : "with the new disk first"}`,
    hint: (d: { disk: string }) =>
      `Leave the mode out: ${d.disk} is taken out of its pool and pulled while the machine runs. If its bay can't be opened then, swap it by hand.`,
    fault: "input",
    retry: false,
  },
  "waiver-unknown": {
    sentence: (d: { words: readonly string[]; known: readonly string[] }) =>
      `No gate asks for ${d.words.map((word) => `--waive ${word}`).join(", ")}`,
    hint: (d: { known: readonly string[] }) =>
      d.known.length > 0 ? `They ask for: ${d.known.join(", ")}` : "Nothing is to be waived: leave it out.",
    fault: "input",
    retry: false,
  },
  "swap-gates-shut": {
    sentence: (d: { node: string; serial: string; shut: readonly { gate: string; evidence: string }[] }) =>
      `${d.serial} of ${d.node} isn't replaced: ${d.shut.map(({ gate, evidence }) => `${gate} ${evidence}`).join("; ")}`,
    hint: (d: { node: string; serial: string; shut: readonly { waiver?: string; remedy?: string }[] }) => {
      const words = d.shut.flatMap(({ waiver }) => (waiver ? [`--waive ${waiver}`] : []));
      const mended = d.shut.flatMap(({ remedy }) => (remedy ? [remedy] : []));
      return [...mended.slice(0, 2), ...(words.length > 0 ? [`or, by name: ${words.join(" ")}`] : [])].join("; ");
    },
    fault: "input",
    retry: false,
  },
  "swap-of-another-disk": {
    sentence: (d: { node: string; serial: string }) => `On ${d.node} another disk is being replaced: ${d.serial}`,
    hint: (d: { node: string; serial: string }) =>
      `Go on with that one: provision disk replace ${d.node} ${d.serial}; or call it off: provision disk abort ${d.node}`,
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
