/** systemd.service(5), "Command lines": one word of an ExecStart, taken literally. */
export const quoteExec = (word: string) =>
  /^[A-Za-z0-9_.,:/=+@-]+$/.test(word)
    ? word
    : `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;

/** One assignment of an Environment=, in which `$` has no meaning. */
export const quoteAssignment = (name: string, value: string) =>
  `"${name}=${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("%", "%%")}"`;

export type Setting = string | number | boolean;
export type Sections = Readonly<Record<string, Readonly<Record<string, Setting | readonly Setting[]>>>>;

/** The text of a unit file; a list is a line for each, and an empty word in front of it forgets what was set before. */
export function unitText(sections: Sections): string {
  const blocks = Object.entries(sections).map(([name, settings]) => {
    const lines = Object.entries(settings).flatMap(([key, value]) =>
      [value].flat().map((one) => `${key}=${one === true ? "yes" : one === false ? "no" : one}`),
    );
    return [`[${name}]`, ...lines, ""].join("\n");
  });
  return blocks.join("\n");
}
