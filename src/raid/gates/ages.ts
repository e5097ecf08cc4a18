const units = [
  { name: "day", seconds: 86_400 },
  { name: "hour", seconds: 3_600 },
  { name: "minute", seconds: 60 },
] as const;

export const daySeconds = 86_400;

/** `3 days`, `1 hour`, `40 minutes`; under a minute: `moments`. Two of a unit before a greater one is used: `36 hours`. */
export function inWords(seconds: number): string {
  const unit = units.find((one) => seconds >= 2 * one.seconds) ?? units.find((one) => seconds >= one.seconds);
  if (!unit) return "moments";
  const count = Math.floor(seconds / unit.seconds);
  return `${count} ${unit.name}${count === 1 ? "" : "s"}`;
}
