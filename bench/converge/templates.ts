/**
 * The templates of the bench, written once in a form of their own and turned into EJS, Jinja2 and EPP: `{{name}}` is a
 * value; the lines between `{{#peers}}` and `{{/peers}}` are repeated with `{{.}}`.
 */
export interface BenchTemplate {
  readonly name: string;
  readonly text: string;
}

export type TemplateValues = Readonly<Record<string, unknown>> & { readonly peers: readonly string[] };

const remarks = (topic: string) =>
  Array.from(
    { length: 12 },
    (_, index) => `# ${topic} ${index + 1}: this line is a remark as configuration files have them.`,
  ).join("\n");

const bodies: Readonly<Record<string, string>> = {
  pool: "[{{label}}]\nlisten = 127.0.0.1:{{port}}\nworkers = {{workers}}\n{{#peers}}\nserver {{.}} weight=1\n{{/peers}}\n",
  proxy:
    "upstream {{label}} {\n{{#peers}}\n  server {{.}};\n{{/peers}}\n}\nserver {\n  listen {{port}};\n  worker_processes {{workers}};\n}\n",
  logging: "program {{label}}\nport {{port}}\nrotate {{workers}}\n{{#peers}}\nforward {{.}}\n{{/peers}}\n",
  cache: "cache {{label}} size={{workers}}G port={{port}}\n{{#peers}}\nneighbour {{.}}\n{{/peers}}\n",
  queue: "queue: {{label}}\nconsumers: {{workers}}\nbind: {{port}}\nbrokers:\n{{#peers}}\n  - {{.}}\n{{/peers}}\n",
  job: 'JOB="{{label}}"\nPORT={{port}}\nWORKERS={{workers}}\n{{#peers}}\nPEERS="$PEERS {{.}}"\n{{/peers}}\n',
};

export const templates: readonly BenchTemplate[] = Object.entries(bodies).map(([name, body]) => ({
  name,
  text: `# Managed; {{label}}\n${remarks(name)}\n${body}`,
}));

/** What the file must hold, found without any of the engines. */
export function renderPlain({ text }: BenchTemplate, values: TemplateValues): string {
  const repeated = text.replaceAll(/\{\{#peers\}\}\n(.*\n)\{\{\/peers\}\}\n/g, (_, line: string) =>
    values.peers.map((peer) => line.replaceAll("{{.}}", peer)).join(""),
  );
  return repeated.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
}

export const asEjs = ({ text }: BenchTemplate) =>
  text
    .replaceAll("{{#peers}}", "<% for (const peer of it.peers) { -%>")
    .replaceAll("{{/peers}}", "<% } -%>")
    .replaceAll("{{.}}", "<%- peer %>")
    .replaceAll(/\{\{(\w+)\}\}/g, "<%- it.$1 %>");

export const asJinja = ({ text }: BenchTemplate) =>
  text
    .replaceAll(/\{\{(\w+)\}\}/g, "{{ item.$1 }}")
    .replaceAll("{{#peers}}", "{% for peer in item.peers %}")
    .replaceAll("{{/peers}}", "{% endfor %}")
    .replaceAll("{{.}}", "{{ peer }}");

export const asEpp = ({ text }: BenchTemplate) =>
  `<%- | String $label, Integer $port, Integer $workers, Array[String] $peers | -%>\n${text
    .replaceAll("{{#peers}}", "<% $peers.each |$peer| { -%>")
    .replaceAll("{{/peers}}", "<% } -%>")
    .replaceAll("{{.}}", "<%= $peer %>")
    .replaceAll(/\{\{(\w+)\}\}/g, "<%= $$$1 %>")}`;
