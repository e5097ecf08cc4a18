import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asEpp, asJinja, templates } from "./templates.ts";
import { contentOf, linesFile, userShell, type Workload } from "./workload.ts";

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A playbook as its documentation teaches: loops, one apt task for all packages, pipelining, no facts gathered. */
export function writeAnsible(folder: string, work: Workload, login: { address: string; ssh: readonly string[] }): void {
  const ssh = [...login.ssh, "-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s"].join(" ");
  put(
    join(folder, "ansible.cfg"),
    `[defaults]
inventory = hosts
remote_user = root
interpreter_python = /usr/bin/python3
retry_files_enabled = False
display_skipped_hosts = False
local_tmp = ${folder}/tmp
[ssh_connection]
pipelining = True
ssh_args = ${ssh}
control_path_dir = ${folder}/cp
`,
  );
  put(join(folder, "hosts"), `${login.address}\n`);
  put(join(folder, "work.json"), JSON.stringify(work));
  for (const one of templates) put(join(folder, `templates/${one.name}.j2`), asJinja(one));
  put(
    join(folder, "site.yml"),
    `- hosts: all
  gather_facts: false
  tasks:
    - name: packages
      ansible.builtin.apt: { name: "{{ packages }}", state: present, install_recommends: false }
    - name: users
      ansible.builtin.user: { name: "{{ item }}", shell: "${userShell}" }
      loop: "{{ users }}"
    - name: directories
      ansible.builtin.file: { path: "{{ item.path }}", state: directory, mode: "{{ item.mode }}", owner: root, group: root }
      loop: "{{ directories }}"
    - name: files
      ansible.builtin.template: { src: "{{ item.template }}.j2", dest: "{{ item.path }}", mode: "{{ item.mode }}", owner: root, group: root }
      loop: "{{ files }}"
    - name: lines
      ansible.builtin.lineinfile: { path: "${linesFile}", line: "{{ item }}" }
      loop: "{{ lines }}"
`,
  );
}

/** The same as a manifest; it lies on the host, in \`folder\` there, before any clock runs. */
export function writePuppet(folder: string, work: Workload): void {
  for (const one of templates) put(join(folder, `modules/bench/templates/${one.name}.epp`), asEpp(one));
  const quote = (text: string) => `'${text}'`;
  const list = (values: readonly string[]) => `[${values.map(quote).join(", ")}]`;
  const files = work.files.map(
    ({ path, mode, template, label, port, workers, peers }) =>
      `file { '${path}': ensure => file, mode => '${mode}', owner => root, group => root, content => epp('bench/${template}.epp', { 'label' => '${label}', 'port' => ${port}, 'workers' => ${workers}, 'peers' => ${list(peers)} }) }`,
  );
  const others = [
    `package { ${list(work.packages)}: ensure => installed, install_options => ['--no-install-recommends'] }`,
    `user { ${list(work.users)}: ensure => present, shell => '${userShell}', managehome => true }`,
    ...work.directories.map(
      ({ path, mode }) => `file { '${path}': ensure => directory, mode => '${mode}', owner => root, group => root }`,
    ),
    ...work.lines.map((line) => `file_line { '${line}': path => '${linesFile}', line => '${line}' }`),
  ];
  // Puppet makes no parents of what isn't a resource of it.
  put(join(folder, "site.pp"), `file { '/srv/bench': ensure => directory }\n${[...others, ...files].join("\n")}\n`);
}

/**
 * What a careful engineer would write by hand: one script over one ssh, one process for each kind of question, nothing
 * printed when all is well. It only checks.
 */
export function checkScript(work: Workload, sha256: (text: string) => string): string {
  const stats = [...work.files, ...work.directories];
  const kinds = [...work.files.map(() => 0o100000), ...work.directories.map(() => 0o040000)];
  const expected = stats
    .map(({ path, mode }, index) => `${(kinds[index]! | Number.parseInt(mode, 8)).toString(16)} 0 0 ${path}`)
    .join("\n");
  return `export LC_ALL=C
sha256sum --quiet -c <<'E' 2>/dev/null
${work.files.map((file) => `${sha256(contentOf(file))}  ${file.path}`).join("\n")}
E
stat -c '%f %u %g %n' ${stats.map(({ path }) => path).join(" ")} 2>/dev/null | diff - /dev/fd/3 3<<'E'
${expected}
E
dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' ${[...work.packages].sort().join(" ")} | diff - /dev/fd/3 3<<'E'
${[...work.packages]
  .sort()
  .map((name) => `${name} installed`)
  .join("\n")}
E
for u in ${work.users.join(" ")}; do
  grep -q "^$u:.*:${userShell}\\$" /etc/passwd || echo "user $u"
done
for l in ${work.lines.map((line) => `'${line}'`).join(" ")}; do
  grep -qxF "$l" ${linesFile} || echo "line $l"
done
`;
}
