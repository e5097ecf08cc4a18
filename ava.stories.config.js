/** The machine stories: virtual machines from power-off to a verified role, one after the other. */
// biome-ignore lint/style/noDefaultExport: ava asks for it.
export default {
  files: ["test/stories/*.test.ts"],
  extensions: { ts: "module" },
  timeout: "30m",
  concurrency: 1,
  serial: true,
};
