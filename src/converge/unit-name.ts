/**
 * The name of the unit that stands for a path, as systemd-escape(1) --path makes it: bytes beyond letters, digits, `:`,
 * `_` and `.` become \xNN, and so does a dot in front.
 */
export function unitNameOf(path: string, suffix: "mount" | "swap"): string {
  const parts = path.split("/").filter(Boolean);
  if (parts.length === 0) return `-.${suffix}`;
  const escaped = parts.join("/");
  const bytes = [...Buffer.from(escaped)].map((byte, index) => escapeByte(String.fromCharCode(byte), byte, index));
  return `${bytes.join("")}.${suffix}`;
}

function escapeByte(character: string, byte: number, index: number): string {
  if (character === "/") return "-";
  if (/[A-Za-z0-9:_]/.test(character) || (character === "." && index > 0)) return character;
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** Links below /dev/disk, as udev writes values into their names: util.c, `encode_devnode_name`. */
const tags = { LABEL: "label", UUID: "uuid", PARTLABEL: "partlabel", PARTUUID: "partuuid" } as const;

/** `LABEL=data` → `/dev/disk/by-label/data`: what systemd can wait for. Anything else stays as it is. */
export function deviceNodeOf(source: string): string {
  const [, tag, value = ""] = /^(LABEL|UUID|PARTLABEL|PARTUUID)=(.+)$/.exec(source) ?? [];
  if (!tag) return source;
  const encoded = value.replaceAll(/[^A-Za-z0-9#+.:=@_-]/gu, (one) =>
    (one.codePointAt(0) as number) > 127 ? one : `\\x${(one.codePointAt(0) as number).toString(16).padStart(2, "0")}`,
  );
  return `/dev/disk/by-${tags[tag as keyof typeof tags]}/${encoded}`;
}
