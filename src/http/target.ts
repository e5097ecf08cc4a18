/** The place that a request line names, read and made plain. */
export interface Target {
  /** Decoded, with one slash where there were several; `..` never gets here. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const longestTarget = 4096;

/**
 * Reads a request target in origin form (`/path?query`) or absolute form (`http://host/path`, RFC 9112 §3.2).
 * `undefined` for one that climbs, hides a slash or a NUL in an escape, or can't be read at all.
 */
export function parseTarget(raw: string): Target | undefined {
  if (raw.length > longestTarget) return undefined;
  const origin = raw.replace(/^https?:\/\/[^/?#]*/i, "");
  const [before = "", ...after] = (origin.split("#", 1)[0] as string).split("?");
  if (before !== "" && !before.startsWith("/")) return undefined;
  const path = decodePath(before || "/");
  return path === undefined ? undefined : { path, query: new URLSearchParams(after.join("?")) };
}

function decodePath(raw: string): string | undefined {
  if (/%2f|%5c|\\/i.test(raw)) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(raw).replaceAll(/\/{2,}/g, "/");
  } catch {
    return undefined;
  }
  const climbs = path.split("/").some((part) => part === ".." || part === ".");
  return climbs || /[\0-\x1f\x7f]/.test(path) ? undefined : path;
}

/** A path as a URL carries it; `+` too is escaped, which some servers would else take for a blank. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
