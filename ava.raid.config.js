/** Disk swaps on real md in virtual machines: minutes, and the whole processor. */
// biome-ignore lint/style/noDefaultExport: ava asks for it.
export default {
  files: ["test/raid/real/**/*.test.ts"],
  extensions: { ts: "module" },
  timeout: "20m",
  concurrency: 1,
  serial: true,
};
