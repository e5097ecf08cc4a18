import { type Act, act, call } from "./act.ts";

/** `none`: the disk has no such test, or nobody can ask for it. */
export interface Vetted {
  readonly selfTest: "passed" | "failed" | "none";
  /** In smartctl's words. */
  readonly said: string;
}

const waitSeconds = 600;

/** A short self-test, where SMART answers (ATA8-ACS-3, SPC-4, NVMe 1.3), to its end; {@link readVet} reads what it prints. */
export function vetDisk({ serial }: { readonly serial: string }): Act {
  return act({
    name: "testing the new disk",
    limitMs: (waitSeconds + 60) * 1000,
    shell: [shell],
    body: `${call("d_find", serial)}\nv_test`,
  });
}

const shell = `
v_test() {
  have smartctl || { say none 'there is no smartctl'; return 0; }
  v_running || {
    v_said=$(smartctl -t short "/dev/$d_disk" 2>&1) && v_rc=0 || v_rc=$?
    # Bits 0 to 2 of the status: it couldn't be asked; the others are about the disk's health. smartctl(8)
    [ "$((v_rc & 7))" = 0 ] || { say none "$(printf '%s\\n' "$v_said" | grep -v -e '^smartctl ' -e '^Copyright' -e '^$' | tail -n 1)"; return 0; }
    sleep 2
  }
  v_left=${waitSeconds / 5}
  while v_running; do
    v_left=$((v_left - 1))
    [ "$v_left" -gt 0 ] || stop "the self-test of $d_disk doesn't end"
    sleep 5
  done
  v_row=$(smartctl -l selftest "/dev/$d_disk" 2>/dev/null | grep -E '^(# *1|  *0) ' | head -n 1)
  say row "$v_row"
}
v_running() { # ATA tells it with its capabilities, the others in their log
  smartctl -c -l selftest "/dev/$d_disk" 2>/dev/null | grep -q -i -e 'self-test routine in progress' -e 'self[- ]test in progress' -e '^# *1 .*in progress'
}
`;

/** What {@link vetDisk} printed. Pure. No row: the test isn't kept by the disk, and counts as none. */
export function readVet(lines: readonly string[]): Vetted {
  const line = lines.findLast((one) => /^(row|none)\b/.test(one)) ?? "none";
  const said = line.replace(/^\w+ ?/, "").trim();
  if (line.startsWith("none") || said === "") return { selfTest: "none", said };
  return { selfTest: /\bcompleted( without error)?\s+(00%|-|\d|0x)/i.test(said) ? "passed" : "failed", said };
}
