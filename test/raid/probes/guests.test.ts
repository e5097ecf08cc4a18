import test from "ava";
import { libvirt } from "../../../src/raid/probes/libvirt.ts";
import type { Carried, Probe } from "../../../src/raid/probes/probe.ts";
import { xen } from "../../../src/raid/probes/xen.ts";
import { linesOf, report, told } from "./recorded.ts";

const xl = linesOf("xl-list.txt", "list ");
const header = xl.slice(0, 2);
const virsh = linesOf("virsh-list.txt", "list ");

for (const [what, probe, lines, piece] of [
  ["no xl", xen, [], "absent"],
  ["Domain-0 alone is no guest", xen, header, "absent"],
  [
    "a guest with its file",
    xen,
    [...xl, "file web7\t/etc/xen/web7.cfg"],
    "guest web7: runs with 4 CPUs and 4096 MiB, /etc/xen/web7.cfg |",
  ],
  ["a guest without a file", xen, xl, "guest build: runs with 1 CPUs and 1024 MiB; HELD BACK no file under /etc/xen"],
  ["a paused guest", xen, xl, "guest frozen: is paused; HELD BACK paused, it can't shut itself down"],
  ["a crashed guest", xen, xl, "guest crashed: has crashed and is kept for a look"],
  ["xl says no table", xen, ["list Connection refused"], "unknown: xl list begins with no table"],
  ["xl says garbage in a row", xen, [...header, "list g1 one 2"], 'unknown: xl list says "g1 one 2"'],
  ["no virsh", libvirt, [], "absent"],
  ["no guests", libvirt, virsh.slice(0, 2), "absent"],
  ["a running guest", libvirt, virsh, "guest web7: is running |"],
  ["a name with a blank", libvirt, virsh, "guest build box: is in shutdown"],
  ["a paused guest of libvirt", libvirt, virsh, "guest lab: is paused; HELD BACK"],
  ["a transient guest", libvirt, [...virsh, "transient web7"], "guest web7: is running; HELD BACK it is transient"],
  ["fixed columns", libvirt, linesOf("virsh-list-fixed-columns.txt", "list "), "guest rhel7.4: is running"],
  ["libvirt's test driver", libvirt, linesOf("virsh-list-test.txt", "list "), "present | guest test: is running"],
  ["virsh says garbage", libvirt, ["list error: no"], "unknown: virsh list begins with no table"],
  [
    "virsh says garbage in a row",
    libvirt,
    [...virsh, "list  9 g1 abiding"],
    'unknown: virsh list says " 9 g1 abiding"',
  ],
] as const) {
  test(`${probe.name}: ${what}`, (t) => {
    const line = told(report(probe as Probe, lines));
    t.true(`${line} |`.includes(piece), line);
  });
}

const carriedBy = (probe: Probe, lines: readonly string[], name: string): Carried | undefined => {
  const found = report(probe, lines);
  return found.state === "present" ? found.carried?.find((one) => one.name === name) : undefined;
};

test("what isn't running is no guest that goes down", (t) => {
  t.falsy(carriedBy(libvirt, virsh, "old-mail"));
  t.falsy(carriedBy(xen, xl, "(null)"));
});

test("a guest of libvirt's on Xen is left to libvirt's probe", (t) => {
  t.falsy(carriedBy(xen, [...xl, "libvirt web7"], "web7"));
  t.truthy(carriedBy(xen, [...xl, "libvirt web7"], "build"));
});

test("of two files with one name the first is the one: /etc/xen/auto comes before /etc/xen", (t) => {
  const lines = [...xl, "file web7\t/etc/xen/auto/web7", "file web7\t/etc/xen/web7-old.cfg"];
  t.regex(carriedBy(xen, lines, "web7")?.undrain ?? "", /xl create \/etc\/xen\/auto\/web7 /);
});

test("who can't be started again isn't offered to be stopped", (t) => {
  t.is(carriedBy(xen, xl, "web7")?.drain, undefined);
  t.is(carriedBy(libvirt, [...virsh, "transient web7"], "web7")?.drain, undefined);
});
