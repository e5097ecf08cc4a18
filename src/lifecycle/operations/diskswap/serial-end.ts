/** The shortest end of a serial number that is taken for it. */
const fewest = 4;

const plain = (text: string) => text.trim().toUpperCase();

/** Did somebody type how this serial number ends: its last four characters, or more of it? */
export function isSerialEnd(answer: string, serial: string): boolean {
  const [typed, whole] = [plain(answer), plain(serial)];
  return typed.length >= Math.min(fewest, whole.length) && typed !== "" && whole.endsWith(typed);
}

export type Meant =
  | { readonly kind: "target" }
  /** It is another one's of this machine. */
  | { readonly kind: "other"; readonly serial: string }
  /** The target's and another one's: more characters are needed. */
  | { readonly kind: "both"; readonly serial: string }
  | { readonly kind: "nobody" };

/** Whose serial number ends so. */
export function whoseEnd(answer: string, target: string, known: readonly string[]): Meant {
  const other = known.find((serial) => serial !== target && isSerialEnd(answer, serial));
  if (!isSerialEnd(answer, target)) return other === undefined ? { kind: "nobody" } : { kind: "other", serial: other };
  if (other === undefined || plain(answer) === plain(target)) return { kind: "target" };
  return { kind: "both", serial: other };
}
