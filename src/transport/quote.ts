/** One word for POSIX sh that means exactly `text` (XCU §2.2.2). The only quoting function. Throws on NUL. */
export function quoteSh(text: string): string {
  return /^[A-Za-z0-9_./:@%+,-]+$/.test(text) ? text : quoteAlways(text);
}

/** A command line for POSIX sh that runs exactly this argument vector: its first word is never a keyword or assignment. */
export function quoteArgv(argv: readonly string[]): string {
  const [program, ...rest] = argv;
  if (program === undefined) throw new RangeError("an argument vector holds at least a program");
  return [quoteAlways(program), ...rest.map(quoteSh)].join(" ");
}

function quoteAlways(text: string): string {
  if (text.includes("\0")) throw new RangeError("a shell word can't hold a NUL byte");
  return `'${text.replaceAll("'", "'\\''")}'`;
}
