import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Colours, or none: every renderer takes one, so that piped output and tests are plain. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly accent: (text: string) => string;
}

const paint = (format: Format) => (text: string) => styleText(format, text, { validateStream: false });

export const colours: Style = {
  good: paint("green"),
  bad: paint("red"),
  warn: paint("yellow"),
  dim: paint("dim"),
  strong: paint("bold"),
  accent: paint("cyan"),
};

const plain = (text: string) => text;

export const noColours: Style = { good: plain, bad: plain, warn: plain, dim: plain, strong: plain, accent: plain };

/** Milliseconds as people read them: `0.4 s`, `12.3 s`, `2:05`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** `now`, `5 minutes ago`. */
export function formatAge(ageSeconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ] as const;
  const [unit, seconds] = units.find(([, least]) => ageSeconds >= least) ?? ["second", 1];
  const number = Math.floor(ageSeconds / seconds);
  return number === 0 ? "now" : `${number} ${unit}${number === 1 ? "" : "s"} ago`;
}

/** Bytes in binary units, three digits at most: `499 MiB`, `1.4 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** Rows as columns; widths from the visible text, colours not counted. */
export function formatTable(rows: readonly (readonly string[])[], gap = 2): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
    });
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] as number) - visibleLength(cell) + gap))
      .join("")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** Characters that take room: control sequences don't. */
export const visibleLength = (text: string) => text.replaceAll(/\u001b\[[0-9;]*m/g, "").length;
