/** A pattern as people type it: `*` is any text, `?` one character, `\` takes the next one as it is. The case counts. */
export function globMatches(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/\\(.)|[\s\S]/gu, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return literal(escaped);
    return part === "*" ? "[\\s\\S]*" : part === "?" ? "[\\s\\S]" : literal(part);
  });
  return new RegExp(`^${source}$`, "u").test(text);
}

const literal = (character: string) => character.replace(/[\^$\\.*+?()[\]{}|/]/, "\\$&");

/** Does it stand for more than itself? Then nothing can be near to it. */
export const isGlob = (pattern: string): boolean => /(?:^|[^\\])[*?]/.test(pattern);

/** Splits where the separator stands outside of brackets and isn't escaped: `resource=file[/a,b],type=file`. */
export function splitTerms(text: string, separator: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const [piece] of text.matchAll(/\\[\s\S]|[\s\S]/gu)) {
    if (piece === "[") depth += 1;
    if (piece === "]") depth = Math.max(0, depth - 1);
    if (piece === separator && depth === 0) parts.push("");
    else parts[parts.length - 1] += piece;
  }
  return parts.map((part) => part.trim());
}
