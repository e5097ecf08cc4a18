/** The little XML that tools print: elements that don't stand within others of their name, without CDATA. */
export interface XmlElement {
  readonly attributes: string;
  /** What stands within, as written. */
  readonly inner: string;
}

/** Every element of a name, in order. */
export function elements(xml: string, name: string): readonly XmlElement[] {
  const pattern = new RegExp(`<${name}((?:\\s[^<>]*?)?)(?:/>|>(.*?)</${name}\\s*>)`, "gs");
  return [...xml.matchAll(pattern)].map(([, attributes = "", inner = ""]) => ({ attributes, inner }));
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** The text of the first element of a name; `undefined`: there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const text = elements(xml, name)[0]?.inner;
  return text?.trim().replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? "");
}
