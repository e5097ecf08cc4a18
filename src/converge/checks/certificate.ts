import { type Check, verdict } from "./check.ts";

const dayMs = 86_400_000;

/** A certificate in a file, or the one that a server shows; by the host's own clock. */
export const certificateCheck: Check<"certificate"> = {
  kind: "certificate",
  shell: `
check_certificate() { # file|server place name
  command -v openssl >/dev/null 2>&1 || { echo 'openssl is not there to ask with'; return 1; }
  date +'now %s'
  case $1 in
    file) openssl x509 -in "$2" -noout -enddate -subject -ext subjectAltName ;;
    *)
      c_text=$(timeout 20 openssl s_client -connect "$2" \${3:+-servername "$3"} </dev/null 2>&1) || :
      case $c_text in *'BEGIN CERTIFICATE'*) ;; *) printf '%s\\n' "$c_text" | head -n 3; return 1 ;; esac
      printf '%s\\n' "$c_text" | openssl x509 -noout -enddate -subject -ext subjectAltName
      ;;
  esac
}
`,
  ask: ({ of }) =>
    "path" in of ? ["check_certificate", "file", of.path] : ["check_certificate", "server", of.server, of.name ?? ""],
  judge({ of, daysLeft, names = [] }, { lines }) {
    const place = "path" in of ? of.path : of.server;
    const end = valueAfter(lines, "notAfter=");
    if (end === undefined) return verdict([], [`${place}: ${lines.slice(1).join(" ").trim() || "no certificate"}`]);
    const days = (Date.parse(end) - Number(valueAfter(lines, "now ")) * 1000) / dayMs;
    const known = lines.flatMap((line) =>
      [...line.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = ""]) => name),
    );
    const missing = names.filter((name) => !known.some((pattern) => covers(pattern, name)));
    return verdict(
      [`${place}: until ${end}, ${Math.floor(days)} days, for ${known.join(", ") || "no names"}`],
      [
        ...(days >= daysLeft ? [] : [`expected at least ${daysLeft} days`]),
        ...missing.map((name) => `expected it to be for ${name}`),
      ],
    );
  },
};

const valueAfter = (lines: readonly string[], mark: string) =>
  lines.find((line) => line.startsWith(mark))?.slice(mark.length);

/** RFC 6125 §6.4.3: a star stands for the whole first label and nothing else. */
function covers(pattern: string, name: string): boolean {
  const [own, asked] = [pattern.toLowerCase(), name.toLowerCase()];
  if (!own.startsWith("*.")) return own === asked;
  const dot = asked.indexOf(".");
  return dot > 0 && asked.slice(dot) === own.slice(1);
}
