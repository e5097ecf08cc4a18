import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "packages-missing": {
    sentence: (d: { names: readonly string[] }) => `Debian packages are missing: ${d.names.join(" ")}`,
    hint: (d: { names: readonly string[] }) =>
      `Run: sudo apt-get install --no-install-recommends ${d.names.join(" ")} (as root, provision does it by itself)`,
    fault: "environment",
    retry: false,
  },
  "packages-not-installed": {
    sentence: (d: { names: readonly string[]; stderr: string }) =>
      `apt-get could not install ${d.names.join(" ")}: ${d.stderr.trim().split("\n").slice(-3).join(" / ")}`,
    hint: (d: { names: readonly string[] }) => `Run by hand and mend: apt-get install ${d.names.join(" ")}`,
    fault: "environment",
    retry: true,
  },
  "root-needed": {
    sentence: (d: { what: string }) => `${d.what} needs root`,
    hint: (d: { command: string }) => `Run: sudo ${d.command}`,
    fault: "environment",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
