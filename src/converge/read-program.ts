import type { Fact } from "../facts/fact.ts";
import { facts as everyFact, type FactName, factsToRead } from "../facts/list.ts";
import { quoteSh } from "../transport/quote.ts";
import { readShell } from "./read-shell.ts";
import type { Item } from "./resource.ts";
import { resourceTypes, typeShell } from "./resources/list.ts";

/** Facts that a plan stands on: when one of them has moved, it isn't the machine that the plan was made for. */
const foundations: readonly string[] = ["os", "kernel", "bootId"];

const needed = ["sha256sum", "stat", "base64", "readlink"];

/** One program that tells the cheap facts, those that are wanted, and differences; `main` is called on its last line, so that half of it does nothing. */
export function readProgram(items: readonly Item[], wanted: readonly FactName[] = []): string {
  return `${readShell}${typeShell(
    items.map(({ type }) => type),
    "read",
  )}
${readFunction(items)}
main() {
for tool in ${needed.join(" ")}; do command -v "$tool" >/dev/null 2>&1 || echo "@missing $tool"; done
${factsToRead(wanted).map(factLines).join("\n")}
read_items
echo @end
}
main </dev/null
`;
}

/** What an apply asks again before it changes anything: these items, and what the plan stands on. */
export function witnessFunctions(items: readonly Item[]): string {
  const standing = everyFact.filter(({ name }) => foundations.includes(name));
  return `${readShell}${typeShell(
    items.map(({ type }) => type),
    "read",
  )}
${readFunction(items)}
witness() {
${standing.map(factLines).join("\n")}
read_items
}
`;
}

/** The lines of a read that a witness over these items would print again, in its order. */
export function witnessLines(lines: readonly string[], ids: ReadonlySet<number>): readonly string[] {
  return lines.filter((line) => {
    const [mark, name = ""] = line.split(" ", 2);
    return (mark === "@f" && foundations.includes(name)) || (mark === "@r" && ids.has(Number(name)));
  });
}

const factLines = ({ name, script }: Fact) => `{
${script}
} 2>/dev/null | while IFS= read -r line; do printf '@f %s %s\\n' ${quoteSh(name)} "$line"; done`;

/** Type by type, so that a type can ask about all of its items at once. */
function readFunction(items: readonly Item[]): string {
  const parts = resourceTypes.flatMap((type) => {
    const own = items.filter((item) => item.type === type.name);
    return own.length > 0 ? [type.read(own)] : [];
  });
  return `read_items() {\n:\n${parts.join("\n")}\n}`;
}
