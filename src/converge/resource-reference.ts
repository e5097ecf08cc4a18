import { z } from "zod";
import type { ErasedType } from "./resource.ts";

/** One property of a resource type, as its schema tells of it. */
export interface PropertyReference {
  readonly name: string;
  readonly description: string;
  /** `text`, `number`, `yes or no`, `list of text`, or the words that may stand there. */
  readonly form: string;
  readonly required: boolean;
  /** As JSON; absent when there is none. */
  readonly default?: string;
}

export interface TypeReference {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly properties: readonly PropertyReference[];
  /** Can what it made be removed by `apply --purge`, once no role declares it any more? */
  readonly purgeable: boolean;
}

interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** What a role's author needs to know of a type, from the type itself. */
export function referenceTo(type: ErasedType): TypeReference {
  const { properties = {}, required = [] } = z.toJSONSchema(type.schema, {
    io: "input",
    unrepresentable: "any",
  }) as Shape;
  return {
    name: type.name,
    summary: type.summary,
    example: type.example,
    purgeable: type.absent !== undefined,
    properties: Object.entries(properties).map(([name, shape]) => ({
      name,
      description: shape.description ?? "",
      form: formOf(shape),
      required: required.includes(name),
      ...(shape.default === undefined ? {} : { default: JSON.stringify(shape.default) }),
    })),
  };
}

const forms: Readonly<Record<string, string>> = {
  string: "text",
  integer: "number",
  number: "number",
  boolean: "yes or no",
  object: "object",
};

function formOf(shape: Shape): string {
  const options = shape.anyOf ?? shape.oneOf;
  if (options) return [...new Set(options.map(formOf))].join(" or ");
  if (shape.enum) return shape.enum.map((word) => JSON.stringify(word)).join(", ");
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.type === "array") return `list of ${formOf(shape.items ?? {})}`;
  // What JSON can't say is a secret, or a text that may be one.
  return forms[shape.type ?? ""] ?? "secret";
}

/** The page of docs that holds them all. */
export function resourceReference(types: readonly ErasedType[]): string {
  const all = types.map(referenceTo).sort((one, other) => (one.name < other.name ? -1 : 1));
  const contents = all.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${summary} |`);
  return [
    "# Resource types",
    "",
    "What a role can declare. This page is printed by `provision resources --markdown` from the types themselves. Every resource also takes",
    "`require`, `before`, `subscribe`, `reloadOn` and `notify`: lists of other resources, or of names such as `file[/etc/motd]`.",
    "",
    "| type | what it is |",
    "|---|---|",
    ...contents,
    ...all.flatMap(section),
    "",
  ].join("\n");
}

function section({ name, summary, example, properties, purgeable }: TypeReference): string[] {
  return [
    "",
    `## ${name}`,
    `${summary}${purgeable ? "" : " Not removed by `--purge`."}`,
    "```ts",
    example,
    "```",
    "| property | form | default | what it means |",
    "|---|---|---|---|",
    ...properties.map(
      (one) =>
        `| \`${one.name}\` | ${cell(one.form)} | ${one.required ? "required" : cell(one.default ?? "")} | ${cell(one.description)} |`,
    ),
  ];
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
