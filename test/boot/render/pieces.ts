import { load } from "js-yaml";

/** The scripts of one kind in a kickstart, without the line that opens them and the one that ends them. */
export function sections(kickstart: string, opening: string): string[] {
  const found = kickstart.matchAll(new RegExp(`^${opening}[^\n]*\n(.*?)^%end$`, "gms"));
  return [...found].map((match) => match[1] ?? "");
}

/**
 * The value of a question, as the installer's own debconf-set-selections reads it: comments and empty lines are
 * dropped first, a line that ends in a backslash goes on in the next, blanks between them become one.
 */
export function answerTo(preseed: string, question: string): string | undefined {
  const lines = preseed.split("\n").filter((line) => !/^#|^\s*$/.test(line));
  const joined: string[] = [];
  let open: string | undefined;
  for (const line of lines.map((one) => one.trimStart())) {
    const whole: string = open === undefined ? line : `${open} ${line}`;
    if (line.endsWith("\\")) open = whole.replace(/\s*\\$/, "");
    else {
      joined.push(whole);
      open = undefined;
    }
  }
  const found = joined
    .map((line) => /^(\S+)\s+(\S+)\s+(\S+)\s*(.*)$/s.exec(line))
    .find((match) => match?.[2] === question);
  return found?.[4];
}

export interface Autoinstall {
  readonly autoinstall: {
    readonly "early-commands": readonly string[];
    readonly "late-commands": readonly string[];
    readonly "error-commands": readonly string[];
    readonly network: { readonly ethernets: Readonly<Record<string, unknown>> };
    readonly storage: { readonly config: readonly Readonly<Record<string, unknown>>[] };
    readonly "user-data": {
      readonly users: readonly { name: string; gecos?: string; passwd?: string; ssh_authorized_keys?: string[] }[];
      readonly write_files: readonly { path: string; permissions: string; content: string }[];
    };
  };
}

export const autoinstallOf = (text: string) => load(text) as Autoinstall;
