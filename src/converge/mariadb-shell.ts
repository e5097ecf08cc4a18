/**
 * How a host's MariaDB (or MySQL) is asked and told, by root through the server's own socket. Statements come on
 * standard input, never as arguments. A server that isn't there or doesn't answer leaves `mariadb_answer` empty.
 */
export const mariadbShell = `
mariadb_client() {
  m_client=mariadb
  command -v mariadb >/dev/null 2>&1 || m_client=mysql
  "$m_client" --batch --raw --skip-column-names --connect-timeout=5 --default-character-set=utf8mb4 "$@"
}
mariadb_ask() { # statements on stdin
  mariadb_answer=$(mariadb_client --force 2>/dev/null)
  mariadb_answer=$nl$mariadb_answer$nl
}
mariadb_line() { # key: the rest of its line in $m_rest
  case $mariadb_answer in *"$nl$1	"*) m_rest=\${mariadb_answer#*"$nl$1	"}; m_rest=\${m_rest%%"$nl"*} ;; *) return 1 ;; esac
}
mariadb_tell() { base64 -d | mariadb_client; }
`;
