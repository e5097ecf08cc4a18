/** Edits (insert, delete, replace, swap of neighbours) between two words; the restricted Damerau–Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}

/** Case and the marks between words don't count: `kernel_arguments` is near `kernelArguments`. */
const plain = (word: string) => word.toLowerCase().replaceAll(/[-_\s]/g, "");

/** The known word that was probably meant: at most a third of it differs, or it begins alike. `undefined` if none. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const scored = [...known].map((candidate) => {
    const [left, right] = [plain(word), plain(candidate)];
    const begins = left.length >= 3 && (right.startsWith(left) || left.startsWith(right));
    const distance = editDistance(left, right);
    return { candidate, distance, near: begins || distance <= Math.max(1, Math.floor(right.length / 3)) };
  });
  return scored.filter((one) => one.near).sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** `did you mean "x"?`, or the list of what there is. */
export function suggest(word: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearest(word, names);
  if (near !== undefined) return `Did you mean ${JSON.stringify(near)}?`;
  return names.length === 0 ? "There are none" : `Known are: ${names.toSorted().join(", ")}`;
}
