import type { KernelError } from "../disks.ts";
import type { Fact } from "./fact.ts";

/** Raw, with levels as numbers: busybox's dmesg knows no names of them. */
const script = "dmesg -r | grep -i -E 'error|I/O|Attached SCSI disk' | tail -n 2000";

const device = "((?:(?:[shv]|xv)d[a-z]+|md[_\\w]*|dm-|(?:nvme\\d+(?:c\\d+)?n|mmcblk)\\d+p?)\\d*)";

/**
 * As the block layer, the drivers and md(4) print them; the most exact first. Not `Disk failure on sda1`: md says that of
 * a member whom somebody failed by hand, too.
 */
const forms = [
  // `I/O error, dev sda, sector 8`, `critical medium error, dev sda, …`, `Buffer I/O error on dev md0, logical block 1`
  `error,? (?:on )?dev(?:ice)? ${device}\\b`,
  // `md/raid1:md0: sda3: unrecoverable I/O read error for block 202752`; `???` for the member when it is unknown
  `${device}: unrecoverable I/O `,
  `^md/\\w+:${device}: .*unrecoverable I/O `,
  // `md/raid:md2: read error not correctable (sector 2208 on sdb6).`
  `read error not correct(?:able|ed).* on ${device}\\)`,
  // `nvme0n1: Read(0x2) @ LBA 8, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81)`, `nvme0n1: I/O Cmd(0x2) @ LBA 8`
  `^${device}: (?:I/O |Read|Write|Flush)`,
].map((form) => new RegExp(form, "i"));

/** A device that doesn't know how to discard or to write zeros has lost nothing by that. */
const harmless = /op 0x[39]:\((?:DISCARD|WRITE_ZEROES)\)/;

const most = 50;

function parse(lines: readonly string[]): readonly KernelError[] {
  let found: KernelError[] = [];
  for (const line of lines) {
    const attached = / \[(sd[a-z]+)\] Attached SCSI disk$/.exec(line)?.[1];
    // What was said of the name before was said of another disk.
    if (attached !== undefined) found = found.filter(({ device: one }) => one.replace(/\d+$/, "") !== attached);
    const [, level, at, text = ""] = /^<(\d+)>(?:\[ *(\d+)\.\d+\](?:\[ *[TC]\d+\])? )?(.*)$/.exec(line) ?? [];
    // syslog(2): 0 to 3 are emerg, alert, crit, err; from 8 on it isn't the kernel who speaks.
    if (level === undefined || Number(level) > 3 || harmless.test(text)) continue;
    const name = deviceOf(text, found.at(-1));
    if (name) found.push({ device: name, text, ...(at ? { atSeconds: Number(at) } : {}) });
  }
  return found.slice(-most);
}

/** `md: super_written gets error=-5` names nobody, but comes right after the line of the one whom it means. */
function deviceOf(text: string, before: KernelError | undefined): string | undefined {
  if (/^md: super_written gets error/.test(text)) return before?.device ?? "md";
  for (const form of forms) {
    const name = form.exec(text)?.[1];
    if (name) return name;
  }
  return undefined;
}

/** Reads and writes that failed since the boot, as far back as the kernel's log goes: the last fifty. */
export const kernelErrors: Fact<readonly KernelError[]> = { name: "kernelErrors", cheap: false, script, parse };
