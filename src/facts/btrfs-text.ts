import { given } from "./json-path.ts";
import { shareOf } from "./pool.ts";

export interface BtrfsDevice {
  /** `?`: missing, and btrfs doesn't say which. */
  readonly id: string;
  /** Absent: missing. */
  readonly path?: string;
}

/** `btrfs filesystem show --raw`: a missing one has a row without a path, or, before 5.x, no row at all. */
export function devicesOf(lines: readonly string[]): readonly BtrfsDevice[] {
  const rows = lines.flatMap((line) => {
    const [, id = "", path = ""] = /^\s*devid\s+(\d+) size \d+ used \d+ path\s*(.*?)\s*$/.exec(line) ?? [];
    const there = path.startsWith("/") && !/ MISSING$/.test(path);
    return id === "" ? [] : [{ id, ...given("path", there ? path : undefined) }];
  });
  const total = Number(/Total devices (\d+)/.exec(lines.join("\n"))?.[1] ?? 0);
  return [...rows, ...Array.from({ length: Math.max(0, total - rows.length) }, () => ({ id: "?" }))];
}

export interface Profile {
  /** In small letters: `raid1`, `single`. */
  readonly profile: string;
  readonly tolerates: number;
}

/** mkfs.btrfs(8), "Profiles": how many devices each may lose. */
const tolerated: Readonly<Record<string, number>> = { raid1: 1, raid10: 1, raid1c3: 2, raid1c4: 3, raid5: 1, raid6: 2 };

/**
 * `btrfs filesystem df -b`. Written to while a device was missing, a mirror gets block groups of one copy, which stay that way
 * after the device is replaced: then they stand here beside the others. Empty ones count, too: with their device gone, the
 * file system can't be mounted for writing.
 */
export function profilesOf(lines: readonly string[]): readonly Profile[] {
  return lines.flatMap((line) => {
    const [, group = "", profile = "", total = "0"] = /^([\w+]+), (\w+): total=(\d+),/.exec(line) ?? [];
    const name = profile.toLowerCase();
    return group === "" || group === "GlobalReserve" || total === "0"
      ? []
      : [{ profile: name, tolerates: tolerated[name] ?? 0 }];
  });
}

/** `btrfs replace status -1`: 0 to 1 while one runs; one that is suspended goes on at the next mount. */
export function replacedShare(lines: readonly string[]): number | undefined {
  const percent =
    /^([\d.]+)% done/.exec(lines[0] ?? "")?.[1] ?? /suspended on .* at ([\d.]+)%/.exec(lines[0] ?? "")?.[1];
  return shareOf(percent);
}

/** `btrfs device stats`: counters since they were reset; a missing one goes by `devid:2`. */
export function deviceStats(lines: readonly string[], device: BtrfsDevice) {
  const counter = (name: string) => {
    const ours = lines.find((line) =>
      [`[${device.path}].${name}`, `[devid:${device.id}].${name}`].includes(line.split(/\s+/)[0] ?? ""),
    );
    return ours === undefined ? undefined : Number(ours.trim().split(/\s+/)[1]);
  };
  const sum = (...names: readonly string[]) => {
    const found = names.flatMap((name) => counter(name) ?? []);
    return found.length > 0 ? found.reduce((total, one) => total + one, 0) : undefined;
  };
  return {
    ...given("readErrors", sum("read_io_errs")),
    ...given("writeErrors", sum("write_io_errs", "flush_io_errs")),
    ...given("checksumErrors", sum("corruption_errs", "generation_errs")),
  };
}
