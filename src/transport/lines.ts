import type { Readable } from "node:stream";

/** Cuts a stream of text into lines; a last line without its newline comes with `end`. */
export function createLineCutter(onLine: (line: string) => void) {
  let rest = "";
  return {
    push(text: string) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    },
    end() {
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}

/** Gathers a stream as UTF-8 text and calls back for each line on the way. `text()` is whole once the stream closed. */
export function gather(stream: Readable, onLine?: (line: string) => void): { text(): string } {
  const parts: string[] = [];
  const cutter = onLine && createLineCutter(onLine);
  stream.setEncoding("utf8");
  stream.on("data", (part: string) => {
    parts.push(part);
    cutter?.push(part);
  });
  stream.on("end", () => cutter?.end());
  return { text: () => parts.join("") };
}
