import { quoteSh } from "../../transport/quote.ts";
import { type Answers, ageAt, askEach, backupOf, backupsWith, readAnswers } from "./backup-answer.ts";
import type { Backup, BackupSettings, Probe } from "./probe.ts";

/**
 * Files with a date in their name or folder, together by their day: a generation. The newest three are looked at until one is whole, that is:
 * no file is empty, what is packed unpacks to its end, and SQL ends as mariadb-dump(1), mysqldump(1) and pg_dump(1) end theirs.
 */
const shell = (folder: string) => `p_folder=${quoteSh(folder)}
cd "$p_folder" || exit 1
p_unpack() {
  case $1 in
    *.gz | *.tgz) gzip -dc -- "$1" ;;
    *.bz2) bzip2 -dc -- "$1" ;;
    *.xz) xz -dc -- "$1" ;;
    *.zst) zstd -dcq -- "$1" ;;
    *) tail -c 300 -- "$1" ;;
  esac
}
p_whole() { # file size: is it whole? says why not
  [ "$2" -gt 0 ] || { echo 'it is empty'; return 1; }
  case $1 in
    *.gz | *.tgz) p_tool=gzip ;; *.bz2) p_tool=bzip2 ;; *.xz) p_tool=xz ;; *.zst) p_tool=zstd ;; *) p_tool=tail ;;
  esac
  command -v "$p_tool" >/dev/null 2>&1 || { echo "$p_tool is not there to look into $1" >&2; exit 1; }
  case $1 in
    *.sql | *.sql.*)
      p_end=$({ p_unpack "$1" 2>/dev/null || echo @cut; } | tail -c 300 | tr -d '\\000')
      case $p_end in
        *@cut) echo 'it is cut off'; return 1 ;;
        *'Dump completed'* | *'dump complete'*) ;;
        *) echo 'its last line is missing'; return 1 ;;
      esac ;;
    *.gz | *.tgz | *.bz2 | *.xz | *.zst) p_unpack "$1" >/dev/null 2>&1 || { echo 'it is cut off'; return 1; } ;;
  esac
}
p_files=$(find . -type f ! -name '.*' ! -name '*.tmp' ! -name '*.part' ! -name '*.log' ! -name '*.txt' ! -name '*SUMS' \\
  ! -name '*.md5' ! -name '*.sha*' ! -path '*.tmp/*' -exec stat -c '%Y %s %n' {} +) || exit 1
[ -n "$p_files" ] || { echo none; exit 0; }
p_dated=$(printf '%s\\n' "$p_files" | sed -n \\
  's/^\\([0-9]* [0-9]*\\) \\(.*\\(20[0-9][0-9]\\)[-_.]\\{0,1\\}\\([01][0-9]\\)[-_.]\\{0,1\\}\\([0-3][0-9]\\).*\\)$/\\3\\4\\5 \\1 \\2/p' | sort -k 2,2rn)
[ -n "$p_dated" ] || { echo "no file in $p_folder has a date in its name" >&2; exit 1; }
for p_day in $(printf '%s\\n' "$p_dated" | awk '!seen[$1]++ { print $1 }' | head -n 3); do
  p_bad=$(printf '%s\\n' "$p_dated" | while read -r p_key p_time p_size p_file; do
    [ "$p_key" = "$p_day" ] || continue
    p_why=$(p_whole "$p_file" "$p_size") && continue
    [ -n "$p_why" ] || p_why='@unknown'
    printf '%s: %s\\n' "$p_file" "$p_why"
  done)
  case $p_bad in
    *@unknown*) exit 1 ;;
    ?*) printf 'bad %s %s\\n' "$p_day" "$(printf '%s\\n' "$p_bad" | head -n 1)" ;;
    *) printf 'good %s\\n' "$(printf '%s\\n' "$p_dated" | awk -v day="$p_day" '$1 == day { print $2; exit }')"; exit 0 ;;
  esac
done
echo none`;

/** A folder of dated dumps. An empty or truncated one is no backup: the newest whole generation's age counts. */
export const dumps: Probe = {
  name: "dumps",
  label: "dated dumps",
  limitSeconds: 240,
  script: (settings) => askEach(backupsWith(settings, "dumps"), (one) => shell(one.folder ?? "")),
  parse: (lines, settings) => {
    const answers = readAnswers(lines);
    return { backups: backupsWith(settings, "dumps").map((one, index) => judge(one, answers, index)) };
  },
};

function judge(settings: BackupSettings, answers: Answers, index: number): Backup {
  const last = answers.of(index).at(-1) ?? "";
  const [, seconds] = /^good (\d+)$/.exec(last) ?? [];
  if (seconds !== undefined) return backupOf(settings, { ageSeconds: ageAt(Number(seconds), answers.now) });
  if (last === "none") return backupOf(settings, {});
  throw new Error(`${settings.folder}: ${JSON.stringify(last.slice(0, 80))} makes no sense`);
}
