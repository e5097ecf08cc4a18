import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { templateText } from "./sample.ts";

/** A disk as the kernel shows it in sysfs. */
export interface FakeDisk {
  readonly bytes: number;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What would have been told to the controller: `milestone …`, `failed CODE: SENTENCE`. */
  readonly reports: string;
  /** The text of a file of the target, or nothing. */
  target(path: string): string;
}

/**
 * Runs pieces of a rendered deploy script under bash, with a sysfs of files and a folder for the target. Reports are kept and
 * not sent; `commands` come after the script's functions.
 */
export function runDeploy(script: string, commands: string, disks: Readonly<Record<string, FakeDisk>> = {}): Ran {
  const folder = mkdtempSync(join(tmpdir(), "provision-deploy-"));
  const write = (path: string, text: string, encoding: BufferEncoding = "utf8") => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, encoding);
  };
  try {
    write("report.sh", `${templateText("report.sh")}\n${standIns}`);
    for (const path of ["run/.keep", "target/.keep", "sys/block/.keep"]) write(path, "");
    for (const [name, { bytes, files = {} }] of Object.entries(disks)) {
      const all = { ro: "0\n", removable: "0\n", size: `${bytes / 512}\n`, ...files };
      for (const [file, text] of Object.entries(all)) write(`sys/block/${name}/${file}`, text, "latin1");
    }
    write("deploy.sh", script.replace("/usr/lib/provision/report.sh", `${folder}/report.sh`));
    const environment = {
      PROVISION_SYS: "sys",
      PROVISION_RUN: "run",
      PROVISION_TARGET: "target",
      PROVISION_PAUSE: "0",
    };
    const ran = spawnSync("bash", ["-c", `PROVISION_NO_MAIN=1 . ./deploy.sh\n${commands}`], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, ...environment },
      timeout: 15_000,
    });
    const files = new Map(readAll(folder));
    const read = (path: string) => files.get(path) ?? "";
    return { ...ran, reports: read("run/reports"), target: (path) => read(`target${path}`) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readAll(folder: string): (readonly [string, string])[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => [relative(folder, file), readFileSync(file, "utf8")] as const);
}

const standIns = `
say() { :; }
post() { echo "$1 $2" >>run/reports; }
report_failure() { echo "failed $1: $2" >>run/reports; }
`;
