import { execFileSync } from "node:child_process";
import test from "ava";
import { deviceNodeOf, unitNameOf } from "../../src/converge/unit-name.ts";

const paths = [
  "/",
  "/srv",
  "/srv/www",
  "/srv//www/",
  "/srv/two words",
  "/srv/with-dash",
  "/srv/.hidden",
  "/.hidden/x",
  "/dev/mapper/vg0-www",
  "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_S1-part1",
  "/srv/Größe",
  "/srv/a\\b",
  "/srv/100%",
  "/srv/a:b_c.d,e@f",
];

for (const path of paths) {
  test(`the unit of ${path} is named as systemd-escape names it`, (t) => {
    for (const suffix of ["mount", "swap"] as const) {
      const peer = execFileSync("systemd-escape", ["--path", `--suffix=${suffix}`, path], { encoding: "utf8" });
      t.is(unitNameOf(path, suffix), peer.trim());
    }
  });
}

for (const [source, node] of [
  ["LABEL=data", "/dev/disk/by-label/data"],
  ["LABEL=a/b", "/dev/disk/by-label/a\\x2fb"],
  ["PARTLABEL=EFI(1)", "/dev/disk/by-partlabel/EFI\\x281\\x29"],
  ["UUID=419171b2-36b6-408e-b7ac-ecce869417ee", "/dev/disk/by-uuid/419171b2-36b6-408e-b7ac-ecce869417ee"],
  ["/dev/sda1", "/dev/sda1"],
  ["tmpfs", "tmpfs"],
  ["nas:/LABEL=x", "nas:/LABEL=x"],
] as const) {
  test(`${source} is what systemd can wait for: ${node}`, (t) => t.is(deviceNodeOf(source), node));
}
