import test from "ava";
import { changed, type Files, load, tell } from "./site-on-disk.ts";

/** What the operator wrote, and all that is said of it (a piece of each line suffices). */
const mistakes: readonly (readonly [what: string, files: Files, said: readonly string[]])[] = [
  // The file itself
  ["an empty file", { "nodes/n3.yaml": "" }, ["nodes/n3.yaml:1:1 inventory-empty"]],
  ["only a comment", { "nodes/n3.yaml": "# soon\n" }, ["nodes/n3.yaml:1:1 inventory-empty"]],
  ["a document that is null", { "nodes/n3.yaml": "---\n" }, ["nodes/n3.yaml:1:1 inventory-empty"]],
  [
    "a tab",
    { "site.yaml": "name: x\nnetworks:\n\track: 1\n" },
    ["site.yaml:3:1 inventory-syntax: tab characters must not be used in indentation | Indent with blanks"],
  ],
  ["an open bracket", { "profiles/other.yaml": "os: [1\n" }, ["profiles/other.yaml:2:1 inventory-syntax"]],
  [
    "a colon in a bare value",
    { "profiles/other.yaml": "timezone: a: b\n" },
    ["profiles/other.yaml:1:12 inventory-syntax"],
  ],
  [
    "two documents",
    { "nodes/n3.yaml": "a: 1\n---\nb: 2\n" },
    ["nodes/n3.yaml:2:1 inventory-syntax: the file holds more than one YAML document"],
  ],
  ["an unknown anchor", { "nodes/n3.yaml": "rack: *there\n" }, ["nodes/n3.yaml:1:8 inventory-syntax"]],
  [
    "a list for a file",
    { "profiles/other.yaml": "- os\n" },
    ["profiles/other.yaml:1:1 inventory-value: must be a mapping (key: value), not a list"],
  ],
  ["a name that is no host's", { "nodes/Web_1.yaml": "" }, ["nodes/Web_1.yaml inventory-file-name"]],
  ["a name with another ending", { "nodes/n3.yml": "" }, ["nodes/n3.yml inventory-file-name"]],
  ["an editor's leavings", { "nodes/.n1.yaml.swp": "x", "nodes/n1.yaml~": "x" }, []],
  [
    "a key twice, twice",
    changed("nodes/n1.yaml", "firmware: uefi\n", "firmware: uefi\nrack: a\nfirmware: bios\nrack: b\n"),
    [
      'nodes/n1.yaml:12:1 inventory-duplicate-key: the key "firmware" was given already at line 10',
      'nodes/n1.yaml:13:1 inventory-duplicate-key: the key "rack" was given already at line 11',
    ],
  ],
  // Keys and values
  [
    "an unknown key",
    changed("nodes/n1.yaml", "firmware: uefi", "firmware: uefi\nserial_console: x"),
    ['nodes/n1.yaml:11:1 inventory-unknown-key: unknown key "serial_console" | Did you mean "serialConsole"?'],
  ],
  [
    "an unknown key inside",
    changed("nodes/n1.yaml", "    network: rack", "    network: rack\n    adress: 1"),
    ['nodes/n1.yaml:4:5 inventory-unknown-key: interfaces[0]: unknown key "adress" | Did you mean "address"?'],
  ],
  [
    "an unknown key of the union",
    changed("nodes/n1.yaml", "  user: admin", "  user: admin\n  pasword: x"),
    ['inventory-unknown-key: bmc: unknown key "pasword" | Did you mean "password"?'],
  ],
  [
    "an unknown key, nothing near",
    changed("profiles/plain.yaml", "os:", "xyzzy: 1\nos:"),
    ["profiles/plain.yaml:1:1 inventory-unknown-key"],
  ],
  [
    "a missing key",
    changed("nodes/n1.yaml", "firmware: uefi\n", ""),
    ['nodes/n1.yaml:1:1 inventory-missing-key: the key "firmware" is missing | One of: bios, uefi'],
  ],
  [
    "a missing key inside",
    changed("nodes/n1.yaml", "  user: admin\n", ""),
    ['nodes/n1.yaml:5:1 inventory-missing-key: bmc: the key "user" is missing'],
  ],
  [
    "a value not in the list",
    changed("nodes/n1.yaml", "uefi", "uefy"),
    ['nodes/n1.yaml:10:11 inventory-value: firmware: "uefy" is not one of bios, uefi | Did you mean "uefi"?'],
  ],
  [
    "a driver that isn't",
    changed("nodes/n1.yaml", "driver: ipmi", "driver: impi"),
    ['nodes/n1.yaml:6:11 inventory-value: bmc.driver: "impi" is not one of ipmi, manual | Did you mean "ipmi"?'],
  ],
  [
    "cipher suite 0",
    changed("nodes/n1.yaml", "  user:", "  cipherSuites: [17, 0]\n  user:"),
    ["nodes/n1.yaml:8:22 inventory-value: bmc.cipherSuites[1]: 0 is not one of 17, 3"],
  ],
  [
    "a MAC too short",
    changed("nodes/n1.yaml", "52:54:00:00:00:01", '"52:54:0"'),
    ['nodes/n1.yaml:2:10 inventory-value: interfaces[0].mac: "52:54:0" is not a MAC address'],
  ],
  [
    "a release without quotes",
    changed("profiles/plain.yaml", '"12"', "12"),
    ["profiles/plain.yaml:1:32 inventory-value: os.release: must be text, not the number 12 | Put quotes around it"],
  ],
  [
    "host bits in a subnet",
    changed("site.yaml", "192.0.2.0/24", "192.0.2.1/24"),
    ["site.yaml:4:13 inventory-value: networks.rack.subnet"],
  ],
  [
    "an empty value",
    changed("nodes/n1.yaml", "profile: plain", "profile:"),
    ["nodes/n1.yaml:14:1 inventory-value: profile: must be text, not empty"],
  ],
  [
    "a password too long",
    changed("nodes/n1.yaml", "canary-1", "canary-1-and-thirteen"),
    ["nodes/n1.yaml:9:13 inventory-value: bmc.password: must be at most 20 bytes long"],
  ],
  [
    "a password too long in bytes",
    changed("nodes/n1.yaml", "canary-1", "ääääääääää1"),
    ["nodes/n1.yaml:9:13 inventory-value: bmc.password: must be at most 20 bytes long"],
  ],
  [
    "a password without quotes",
    changed("nodes/n1.yaml", "canary-1", "12345678"),
    [
      "nodes/n1.yaml:9:13 inventory-value: bmc.password: must be text, not another kind of value | Put quotes around it",
    ],
  ],
  [
    "a key over two lines",
    changed("profiles/plain.yaml", "os:", 'users: [{ name: ops, sshKeys: ["ssh-ed25519 AAAA a\\nssh-rsa B"] }]\nos:'),
    ["profiles/plain.yaml:1:32 inventory-value: users[0].sshKeys[0]: must be one line"],
  ],
  [
    "a kernel argument for the shell",
    changed("profiles/plain.yaml", "os:", "kernelArguments: [quiet, a=$(id)]\nos:"),
    ["profiles/plain.yaml:1:26 inventory-value: kernelArguments[1]"],
  ],
  // Between the files
  [
    "an unknown profile",
    changed("nodes/n1.yaml", "profile: plain", "profile: plian"),
    [
      'nodes/n1.yaml:14:10 inventory-reference: there is no profile "plian" (profiles/plian.yaml) | Did you mean "plain"?',
    ],
  ],
  ["a profile that is broken is told once", { "profiles/plain.yaml": "a: [" }, ["profiles/plain.yaml:1:"]],
  [
    "an unknown network",
    changed("nodes/n1.yaml", "network: rack", "network: rak"),
    ['nodes/n1.yaml:3:14 inventory-reference: there is no network "rak" in site.yaml | Did you mean "rack"?'],
  ],
  [
    "a network named as an object's own",
    changed("nodes/n1.yaml", "network: rack", "network: constructor"),
    ["nodes/n1.yaml:3:14 inventory-reference"],
  ],
  [
    "one MAC twice, written otherwise",
    changed("nodes/n2.yaml", "52:54:00:00:00:02", "52-54-00-00-00-01"),
    ["nodes/n2.yaml:2:10 inventory-conflict: the MAC address 52:54:00:00:00:01 belongs to n1 (nodes/n1.yaml:2:10)"],
  ],
  [
    "one address twice",
    changed("nodes/n2.yaml", "192.0.2.12", "192.0.2.11"),
    ["nodes/n2.yaml:4:14 inventory-conflict: the address 192.0.2.11 belongs to n1"],
  ],
  [
    "one BMC twice",
    changed("nodes/n2.yaml", "198.51.100.12", "198.51.100.11"),
    ["nodes/n2.yaml:7:12 inventory-conflict: the BMC address 198.51.100.11 belongs to n1"],
  ],
  ["two BMCs behind one address", changed("nodes/n2.yaml", "198.51.100.12", "198.51.100.11\n  port: 6230"), []],
  [
    "one disk in two nodes",
    changed("nodes/n2.yaml", "N2-B", "N1-A"),
    ['nodes/n2.yaml:13:13 inventory-conflict: the disk serial "N1-A" belongs to n1'],
  ],
  [
    "one disk twice in a node",
    changed("nodes/n2.yaml", "N2-B", "N2-A"),
    ['nodes/n2.yaml:13:13 inventory-conflict: the disk serial "N2-A" belongs to this node already'],
  ],
  [
    "an address outside",
    changed("nodes/n1.yaml", "192.0.2.11", "192.0.3.11"),
    ["nodes/n1.yaml:4:14 inventory-address: interfaces[0].address: 192.0.3.11 is outside 192.0.2.0/24"],
  ],
  [
    "the controller's address",
    changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.1"),
    ["192.0.2.1 is the controller's own"],
  ],
  ["the gateway's address", changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.254"), ["192.0.2.254 is the gateway's"]],
  [
    "the broadcast address",
    changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.255"),
    ["192.0.2.255 is the network's broadcast address"],
  ],
  [
    "the network's address",
    changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.0"),
    ["192.0.2.0 is the address of the network itself"],
  ],
  ["the first of the pool", changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.200"), ["192.0.2.200 is in the pool"]],
  ["the last of the pool", changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.210"), ["192.0.2.210 is in the pool"]],
  ["one after the pool", changed("nodes/n1.yaml", "192.0.2.11", "192.0.2.211"), []],
  [
    "a BMC at the controller's address",
    changed("nodes/n1.yaml", "198.51.100.11", "192.0.2.1"),
    ["nodes/n1.yaml:7:12 inventory-address: bmc.address: 192.0.2.1 is the controller's"],
  ],
  [
    "RAID-1 on one disk",
    changed("nodes/n1.yaml", "  - serial: N1-B\n", ""),
    ["nodes/n1.yaml:12:3 inventory-storage: the layout raid1 of profile plain needs two disks, and 1 is listed"],
  ],
  [
    "one of two disks unused",
    changed("profiles/plain.yaml", "os:", "storage: { layout: single }\nos:"),
    ["nodes/n1.yaml:12:3 inventory-storage", "nodes/n2.yaml:12:3 inventory-storage"],
  ],
  [
    "a disk by size beside one by serial",
    changed("nodes/n1.yaml", "serial: N1-B", "minBytes: 1000"),
    ["nodes/n1.yaml:13:5 inventory-storage: disks[1] and disks[0] could be the same disk"],
  ],
  [
    "a disk by WWN beside one by serial",
    changed("nodes/n1.yaml", "serial: N1-B", 'wwn: "0x5000c500a1b2c3d4"'),
    ["nodes/n1.yaml:13:5 inventory-storage"],
  ],
  [
    "a disk that is described by nothing",
    changed("nodes/n1.yaml", "serial: N1-B", "{}"),
    ["nodes/n1.yaml:13:5 inventory-value: disks[1]: a disk needs"],
  ],
  [
    "the wrong firmware",
    changed("profiles/plain.yaml", "os:", "firmware: [bios]\nos:"),
    [
      "nodes/n1.yaml:10:11 inventory-mismatch: the profile plain is for bios, and this node has uefi",
      "nodes/n2.yaml:10:11",
    ],
  ],
  [
    "a method for another family",
    changed("profiles/plain.yaml", "os:", "method: kickstart\nos:"),
    ["profiles/plain.yaml:1:9 inventory-mismatch: kickstart does not install debian | For debian: image or preseed"],
  ],
  [
    "a release that isn't known",
    changed("profiles/plain.yaml", '"12"', '"11"'),
    ["profiles/plain.yaml:1:32 inventory-mismatch: image installs debian 12, not 11"],
  ],
  [
    "a codename of another release",
    changed("profiles/plain.yaml", '"12"', '"12", codename: trixie'),
    ["inventory-mismatch: debian 12 is bookworm, not trixie"],
  ],
  [
    "no repositories",
    { "profiles/plain.yaml": 'os: { family: debian, release: "12" }\n' },
    ["profiles/plain.yaml:1:1 inventory-mismatch: image needs at least one entry in repositories"],
  ],
  [
    "networks that overlap",
    changed(
      "site.yaml",
      "networks:",
      "networks:\n  other: { subnet: 192.0.2.128/25, interface: eth1, controller: 192.0.2.130 }",
    ),
    ["inventory-conflict: networks.rack: 192.0.2.0/24 overlaps 192.0.2.128/25 of other"],
  ],
  [
    "a controller outside its network",
    changed("site.yaml", "controller: 192.0.2.1\n", "controller: 192.0.9.1\n"),
    ["site.yaml:6:17 inventory-address: networks.rack: 192.0.9.1 is outside 192.0.2.0/24"],
  ],
  [
    "a pool back to front",
    changed("site.yaml", "last: 192.0.2.210", "last: 192.0.2.199"),
    ["site.yaml:8:11 inventory-address: networks.rack: the pool ends before it begins"],
  ],
  [
    "a pool over the gateway",
    changed("site.yaml", "last: 192.0.2.210", "last: 192.0.2.254"),
    ["the pool contains the gateway's address"],
  ],
];

for (const [what, files, said] of mistakes) {
  test(what, (t) => {
    const told = tell(load(t, files));
    t.is(told.length, said.length, told.join("\n"));
    for (const [index, piece] of said.entries())
      t.true(told[index]?.includes(piece), `${told[index]}\n  lacks\n${piece}`);
    t.false(told.join().includes("canary"), "no message shows a password");
  });
}
