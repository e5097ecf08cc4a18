import { quoteSh } from "../../transport/quote.ts";
import type { BackupSettings } from "./probe.ts";

/**
 * Reads `KEY=VALUE` lines into the environment, as systemd.exec(5) has them in an EnvironmentFile: `export` before a key and
 * quotes around a value are taken off. Nothing in the file is run, and no line of it is ever printed: it is where passwords
 * are. `export` is the shell's own, so that no argument vector shows them either.
 */
export const environmentShell = `
p_environment() { # file
  [ -f "$1" ] && [ -r "$1" ] || { echo "the environment file $1 can't be read" >&2; return 1; }
  while IFS= read -r p_row || [ -n "$p_row" ]; do
    p_row=\${p_row#"\${p_row%%[! ]*}"}; p_row=\${p_row%"\${p_row##*[! ]}"}; p_row=\${p_row#export }
    case $p_row in [A-Za-z_]*=*) ;; *) continue ;; esac
    p_key=\${p_row%%=*} p_value=\${p_row#*=}
    case $p_key in *[!A-Za-z0-9_]*) continue ;; esac
    case $p_value in
      '"'*'"') p_value=\${p_value#?}; p_value=\${p_value%?} ;;
      "'"*"'") p_value=\${p_value#?}; p_value=\${p_value%?} ;;
    esac
    export "$p_key=$p_value"
  done < "$1"
}
`;

/** The tool's variable that says where its repository is, so that a URL isn't on an argument vector. */
const repositoryVariable = { restic: "RESTIC_REPOSITORY", borg: "BORG_REPO", dumps: undefined, command: undefined };

/** Lines that make the tool's environment; `|| exit 1` where it can't be made. */
export function environmentLines({ with: tool, repository, environmentFile }: BackupSettings): string {
  const variable = repositoryVariable[tool];
  return [
    ...(environmentFile === undefined ? [] : [`p_environment ${quoteSh(environmentFile)} || exit 1`]),
    ...(variable && repository !== undefined ? [`export ${variable}=${quoteSh(repository)}`] : []),
  ].join("\n");
}

/** A program of its own that makes a backup now, in the environment in which the probe asks; nothing where none is known. */
export function runNowProgram(backup: BackupSettings): string | undefined {
  if (backup.runNow === undefined) return undefined;
  return `(${environmentShell}${environmentLines(backup)}\neval ${quoteSh(backup.runNow)}\n) </dev/null`;
}
