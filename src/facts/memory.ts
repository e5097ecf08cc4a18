import type { Fact } from "./fact.ts";

const field = (lines: readonly string[], name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`).exec(lines.find((line) => line.startsWith(`${name}:`)) ?? "")?.[1] ?? 0);

/** MemTotal of proc(5) in bytes: what the kernel can use, less than what is plugged in. */
export const memoryBytes: Fact<number> = {
  name: "memoryBytes",
  cheap: true,
  script: "grep MemTotal: /proc/meminfo",
  parse: (lines) => field(lines, "MemTotal") * 1024,
};

export interface Memory {
  readonly totalBytes: number;
  /** What can be had without swapping. */
  readonly availableBytes: number;
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
  readonly hugePages: number;
  readonly hugePageBytes: number;
}

export const memory: Fact<Memory> = {
  name: "memory",
  cheap: false,
  script: "cat /proc/meminfo",
  parse: (lines) => ({
    totalBytes: field(lines, "MemTotal") * 1024,
    availableBytes: field(lines, "MemAvailable") * 1024,
    swapTotalBytes: field(lines, "SwapTotal") * 1024,
    swapFreeBytes: field(lines, "SwapFree") * 1024,
    hugePages: field(lines, "HugePages_Total"),
    hugePageBytes: field(lines, "Hugepagesize") * 1024,
  }),
};
