import test from "ava";
import { type FakeDisk, runDeploy } from "./ramdisk.ts";
import { render } from "./sample.ts";

const gibibyte = 1024 ** 3;
const serialPage = (serial: string) => `\0\x80\0${String.fromCharCode(serial.length)}${serial}`;
const scsi = (serial: string, bytes = 4 * gibibyte): FakeDisk => ({
  bytes,
  files: { "device/vpd_pg80": serialPage(serial), "device/wwid": "naa.5000C500A1B2C3D4\n" },
});
const virtioBlock = (serial: string): FakeDisk => ({ bytes: 4 * gibibyte, files: { serial } });
const nvme = (serial: string): FakeDisk => ({
  bytes: 8 * gibibyte,
  files: { "device/serial": `${serial}      \n`, wwid: "eui.0025388B01234567\n" },
});
const stick: FakeDisk = { bytes: 4 * gibibyte, files: { removable: "1\n" } };
const burner: FakeDisk = { bytes: gibibyte, files: { ro: "1\n" } };

interface Case {
  readonly says: string;
  readonly wanted: readonly { serial?: string; wwn?: string; minBytes?: number }[];
  readonly disks: Readonly<Record<string, FakeDisk>>;
  /** The disks in the order wanted, or the failure. */
  readonly found: string | RegExp;
}

const cases: readonly Case[] = [
  {
    says: "two SCSI disks by serial, whatever the kernel calls them",
    wanted: [{ serial: "A" }, { serial: "B" }],
    disks: { sda: scsi("B"), sdb: scsi("A") },
    found: " sdb sda",
  },
  {
    says: "virtio-blk and NVMe tell their serials elsewhere, with blanks",
    wanted: [{ serial: "V1" }, { serial: "N1" }],
    disks: { vda: virtioBlock("V1"), nvme0n1: nvme("N1") },
    found: " vda nvme0n1",
  },
  {
    says: "by WWN, written in another way",
    wanted: [{ wwn: "0x0025388b01234567" }, { wwn: "wwn-0x5000c500a1b2c3d4" }],
    disks: { sda: scsi("A"), nvme0n1: nvme("N1") },
    found: " nvme0n1 sda",
  },
  {
    says: "by size alone, where only one is big enough",
    wanted: [{ minBytes: 6 * gibibyte }],
    disks: { sda: scsi("A"), nvme0n1: nvme("N1"), sdb: stick, sr0: burner, loop0: scsi("", 9 * gibibyte) },
    found: " nvme0n1",
  },
  {
    says: "a stick is never meant by its size",
    wanted: [{ minBytes: gibibyte }],
    disks: { sda: scsi("A"), sdb: stick },
    found: " sda",
  },
  {
    says: "a serial that no disk has, with what the machine has",
    wanted: [{ serial: "A" }, { serial: "C" }],
    disks: { sda: scsi("A"), sdb: scsi("B") },
    found:
      /^failed disk-not-found: No disk matches \[serial C\].*sda \(serial A, wwn 5000c500a1b2c3d4, 4294967296 bytes\) sdb/,
  },
  {
    says: "a part of a serial is not the serial",
    wanted: [{ serial: "WEB01" }],
    disks: { sda: scsi("WEB01-A") },
    found: /^failed disk-not-found/,
  },
  {
    says: "the right serial on a disk that is too small",
    wanted: [{ serial: "A", minBytes: 5 * gibibyte }],
    disks: { sda: scsi("A") },
    found: /^failed disk-not-found: No disk matches \[serial A at least 5368709120 bytes\]/,
  },
  {
    says: "two disks of one serial",
    wanted: [{ serial: "A" }],
    disks: { sda: scsi("A"), sdb: scsi("A") },
    found: /^failed disk-ambiguous: Several disks match \[serial A\]: sda sdb/,
  },
  {
    says: "two selectors that mean the same disk",
    wanted: [{ serial: "A" }, { wwn: "5000c500a1b2c3d4" }],
    disks: { sda: scsi("A") },
    found: /^failed disk-ambiguous: The disk sda matches more than one/,
  },
  { says: "no disks at all", wanted: [{ serial: "A" }], disks: {}, found: /^failed disk-not-found/ },
];

for (const { says, wanted, disks, found } of cases) {
  test(says, (t) => {
    const ran = runDeploy(render({ disks: wanted }), 'find_disks; printf "%s" "$disks"', disks);
    if (typeof found === "string") {
      t.is(ran.stdout, found, ran.stderr);
      t.is(ran.reports, "");
    } else {
      t.regex(ran.reports, found, ran.stderr);
      t.is(ran.reports.trim().split("\n").length, 1, "told once");
      t.is(ran.status, 1);
    }
  });
}

/** What wipefs finds on sda; null: it can't read it. */
const signatures = (text: string | null) =>
  `wipefs() { case "$*" in *sda*) ${text === null ? "return 1" : `printf %s "${text === "" ? "" : `${text}\\n`}"`} ;; esac; }`;
const partition = { ...scsi("A"), files: { ...scsi("A").files, "sda1/partition": "1\n" } };
const held = { ...scsi("A"), files: { ...scsi("A").files, "holders/md127/.keep": "" } };

for (const [says, disk, signature, outcome] of [
  ["an empty disk", scsi("A"), "", "used="],
  ["a signature", scsi("A"), "ext4", /disk-not-empty: The disk sda \(serial A\) is not empty: signature ext4/],
  ["a RAID member", scsi("A"), "linux_raid_member", /disk-not-empty.*signature linux_raid_member/],
  ["a partition table", partition, "gpt", /disk-not-empty.*partition sda1 signature gpt/],
  ["a disk that can't be read", scsi("A"), null, /disk-not-empty.*signature unreadable/],
  ["a running array", held, "", /disk-not-empty.*in use by md127/],
] as const) {
  for (const erase of [false, true]) {
    test(`${says}, ${erase ? "to be erased" : "not to be erased"}`, (t) => {
      const script = render({ disks: [{ serial: "A" }], erase });
      const ran = runDeploy(script, `${signatures(signature)}\nfind_disks; check_empty; echo "used=$used"`, {
        sda: disk,
      });
      if (typeof outcome === "string") t.is(ran.stdout.trim(), outcome, ran.stderr);
      else if (erase) t.is(ran.stdout.trim(), "used= sda", ran.stderr);
      else t.regex(ran.reports, outcome, ran.stderr);
    });
  }
}

test("nothing is written before the disks are found and seen to be empty", (t) => {
  const writers = ["mdadm", "sfdisk", "dd", "mount", "tune2fs"].map(
    (name) => `${name}() { echo ${name} >>run/writes; }`,
  );
  const start = `wipefs() { case "$*" in *noheadings*) echo ext4 ;; *) echo wipefs >>run/writes ;; esac; }\n${writers.join("\n")}`;
  const ran = runDeploy(render(), `${start}\nmain; cat run/writes`, { sda: scsi("WEB01-A"), sdb: scsi("WEB01-B") });
  t.regex(ran.reports, /^failed disk-not-empty/m);
  t.is(ran.stdout, "");
});

test("an image that doesn't fit is refused before the first write", (t) => {
  const small = { bytes: 512 * 1024 ** 2, files: scsi("A").files ?? {} };
  const script = render({ disks: [{ serial: "A" }] });
  const ran = runDeploy(script, "wipefs() { :; }\nfind_disks; check_empty; prepare_disks; ls run", { sda: small });
  t.regex(ran.reports, /^failed disk-too-small/m);
  t.notRegex(ran.stdout, /disks-written/);
});

test("a step that fails unexpectedly is told, with its name", (t) => {
  const ran = runDeploy(render(), "step='write the image'; false");
  t.is(ran.reports, 'failed deploy-failed: The step "write the image" ended with status 1\n');
});
