import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "database-unusable": {
    sentence: (d: { file: string; reason: string }) => `The database ${d.file} can't be used: ${d.reason}`,
    hint: (d: { file: string }) => `Check the path and its permissions, or put a backup of ${d.file} back.`,
    fault: "environment",
    retry: false,
  },
  "database-newer": {
    sentence: (d: { file: string; unknown: readonly string[] }) =>
      `The database ${d.file} was written by a newer version of provision (it knows ${d.unknown.join(", ")})`,
    hint: () => "Run the newer version, or give this one a state directory of its own.",
    fault: "input",
    retry: false,
  },
  "database-locked": {
    sentence: (d: { file: string }) => `The database ${d.file} stayed locked by another process`,
    hint: () => "See which process holds it (fuser FILE); then try again.",
    fault: "environment",
    retry: true,
  },
  "database-full": {
    sentence: (d: { file: string; reason: string }) => `Nothing could be written to ${d.file}: ${d.reason}`,
    hint: () => "Free space on that file system; the controller goes on by itself as soon as it can write.",
    fault: "environment",
    retry: true,
  },
  "database-corrupt": {
    sentence: (d: { file: string; reason: string }) => `The database ${d.file} is damaged: ${d.reason}`,
    hint: (d: { file: string }) => `Stop provision, keep ${d.file} aside and restore a backup.`,
    fault: "environment",
    retry: false,
  },
  "blobs-unwritable": {
    sentence: (d: { file: string; reason: string }) => `The cached file ${d.file} can't be written: ${d.reason}`,
    hint: () =>
      "Check the cache directory's permissions and the free space there (df -h); what is in it may be deleted.",
    fault: "environment",
    retry: true,
  },
  "blob-replaced": {
    sentence: (d: { file: string }) =>
      `The cached file ${d.file} was replaced by a newer one while it was about to be read`,
    hint: () => "Ask for it again.",
    fault: "environment",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
