/** Lines of a unified diff (diff -u), without its two header lines. Empty for equal texts. */
export function unifiedDiff(before: string, after: string, context = 3): string[] {
  if (before.includes("\0") || after.includes("\0")) return ["@@ binary content @@"];
  const [old, fresh] = [toLines(before), toLines(after)];
  if (old.length * fresh.length > largest) return [`@@ ${old.length} lines replaced by ${fresh.length} @@`];
  return hunks(edits(old, fresh), context);
}

/** Product of line counts up to which the lines are compared one by one. */
const largest = 4_000_000;

interface Edit {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/** A text that doesn't end in a newline says so, as diff does. */
function toLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const last = lines.pop();
  return last === "" ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

/** Longest common subsequence by dynamic programming, from the ends. */
function edits(old: readonly string[], fresh: readonly string[]): Edit[] {
  const width = fresh.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number) => longest[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = fresh.length - 1; column >= 0; column--) {
      longest[row * width + column] =
        old[row] === fresh[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  return walk(old, fresh, at);
}

function walk(old: readonly string[], fresh: readonly string[], at: (row: number, column: number) => number): Edit[] {
  const result: Edit[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < fresh.length) {
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      result.push({ mark: " ", text: old[row] ?? "" });
      row++;
      column++;
    } else if (row < old.length && (column >= fresh.length || at(row + 1, column) >= at(row, column + 1))) {
      result.push({ mark: "-", text: old[row++] ?? "" });
    } else result.push({ mark: "+", text: fresh[column++] ?? "" });
  }
  return result;
}

function hunks(all: readonly Edit[], context: number): string[] {
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - context), index + context + 1).some(({ mark }) => mark !== " "),
  );
  const lines: string[] = [];
  let [old, fresh] = [1, 1];
  for (const [index, { mark, text }] of all.entries()) {
    if (near[index] && !near[index - 1]) lines.push(header(all, near, { index, old, fresh }));
    if (near[index]) lines.push(...`${mark}${text}`.split("\n"));
    if (mark !== "+") old++;
    if (mark !== "-") fresh++;
  }
  return lines;
}

function header(
  all: readonly Edit[],
  near: readonly boolean[],
  start: { index: number; old: number; fresh: number },
): string {
  const stop = near.indexOf(false, start.index);
  const part = all.slice(start.index, stop < 0 ? undefined : stop);
  const count = (skip: string) => part.filter(({ mark }) => mark !== skip).length;
  const range = (first: number, length: number) =>
    `${length === 0 ? first - 1 : first}${length === 1 ? "" : `,${length}`}`;
  return `@@ -${range(start.old, count("+"))} +${range(start.fresh, count("-"))} @@`;
}
