import { type Check, verdict } from "./check.ts";

export const mariadbCheck: Check<"mariadb"> = {
  kind: "mariadb",
  shell: `
check_mariadb() { # query database: as root over the server's own socket; the query travels on stdin
  m_client=mariadb
  command -v mariadb >/dev/null 2>&1 || m_client=mysql
  command -v "$m_client" >/dev/null 2>&1 || { echo 'neither mariadb nor mysql is there to ask with'; return 1; }
  printf '%s\\n' "$1" | timeout 20 "$m_client" --batch --skip-column-names --connect-timeout=10 \${2:+"--database=$2"} 2>&1
}
`,
  ask: ({ query, database = "" }) => ["check_mariadb", query, database],
  judge({ query, prints }, { exitCode, lines }) {
    if (exitCode !== 0)
      return verdict([`${query}: ${lines.join(" ").trim() || "no answer"}`], [`ended with ${exitCode}`]);
    const fits = new RegExp(prints, "m").test(lines.join("\n"));
    return verdict([`${query} → ${lines.join(" | ")}`], fits ? [] : [`does not answer /${prints}/`]);
  },
};
