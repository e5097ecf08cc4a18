import { load, YAMLException } from "js-yaml";
import type { Place } from "../errors.ts";
import type { KnownRole } from "../inventory/checks/roles.ts";
import { partIssues } from "../inventory/issues.ts";
import { suggest } from "../inventory/nearest.ts";
import { shapeOf, takesSecret } from "../inventory/schema-walk.ts";
import { fail } from "./parameter-errors.ts";

/** `--set varnish.port=80`, the strongest level. */
export interface Setting {
  readonly role: string;
  readonly parameter: string;
  readonly value: unknown;
  readonly place: Place;
}

interface Knowing {
  readonly node: string;
  /** The roles that the node has. */
  readonly assigned: readonly string[];
  readonly known: readonly KnownRole[];
}

/**
 * What was typed behind `--set`: the value is one of YAML (`80`, `true`, `["a:1", "b:2"]`; nothing is the empty text). Of
 * two for one parameter the later wins. A node without the role refuses it, so that nothing is set in vain; secrets are
 * refused, because others can see a command line. Throws `setting-invalid`.
 */
export const parseSettings = (texts: readonly string[], knowing: Knowing): readonly Setting[] =>
  texts.map((text) => parseSetting(text, knowing));

const refuse = (name: string, problem: string, advice: string) =>
  fail("setting-invalid", { problem, advice }, { place: { file: `--set ${name}` } });

function parseSetting(text: string, { node, assigned, known }: Knowing): Setting {
  const at = text.indexOf("=");
  const [, name, role = "", parameter = ""] = /^(([^.=\s]+)\.([^.=\s]+))$/.exec(text.slice(0, Math.max(0, at))) ?? [];
  if (name === undefined) throw refuse(text, "is no parameter with a value", "Write it as varnish.port=80");
  const { parameters } = known.find((one) => one.name === role) ?? {};
  const names = known.map((one) => one.name);
  if (!parameters) throw refuse(name, `there is no role ${JSON.stringify(role)}`, suggest(role, names));
  if (!assigned.includes(role)) throw refuse(name, `${node} has no role ${role}`, suggest(role, assigned));
  const value = yamlValue(name, text.slice(at + 1));
  if (
    Object.hasOwn(shapeOf(parameters).shape, parameter) &&
    takesSecret(parameters, [parameter], { [parameter]: value })
  )
    throw refuse(
      name,
      "a secret can't be set on the command line: others see it there",
      "Write it as !secret in a file",
    );
  const [issue] = partIssues(parameters, { [parameter]: value });
  if (issue) throw refuse(name, issue.what, issue.hint ?? `See: provision explain ${node} ${role}`);
  return { role, parameter, value, place: { file: `--set ${name}` } };
}

function yamlValue(name: string, text: string): unknown {
  if (text.trim() === "") return "";
  try {
    return load(text);
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown;
    throw refuse(name, `${JSON.stringify(text)} is no YAML: ${thrown.reason}`, "Put quotes around a text with signs");
  }
}
