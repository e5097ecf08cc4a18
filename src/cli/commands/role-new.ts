import { writeNewRole } from "../../app/role-test/new-role.ts";
import type { CliCommand } from "../command.ts";

export const roleNew: CliCommand = {
  name: "role new",
  summary: "Write a new role, small but whole, that passes provision test at once",
  arguments: "<name>",
  options: [{ flags: "--in <folder>", help: "the folder that gets the role's folder", default: "roles" }],
  example: "role new page-cache",
  run: async ({ arguments: [name = ""], options }) => {
    const made = writeNewRole(name, String(options.in));
    return {
      json: made,
      text: () =>
        [
          ...made.files.map((file) => `wrote ${made.folder}/${file}`),
          made.listed
            ? "added to roles/list.ts: an inventory can ask for it now"
            : "it lies outside of provision's own roles: provision test finds it by its folder",
          `Try it: sudo bin/provision test ${made.folder}`,
        ].join("\n"),
    };
  },
};
