/** The quick tests: no virtual machine, each file within seconds. */
// biome-ignore lint/style/noDefaultExport: ava asks for it.
export default {
  files: ["test/**/*.test.ts", "!test/stories/**", "!test/raid/real/**"],
  extensions: { ts: "module" },
  timeout: "3m",
  concurrency: 2,
};
