import { type Check, verdict } from "./check.ts";

export const mountCheck: Check<"mount"> = {
  kind: "mount",
  shell: `
check_mount() { # path as proc(5) writes it: what is mounted there last
  m_found=
  while read -r m_device m_path m_type m_options m_rest; do
    [ "$m_path" != "$1" ] || m_found="$m_device $m_type $m_options"
  done < /proc/self/mounts
  [ -n "$m_found" ] && echo "$m_found"
}
`,
  // getmntent(3): blanks, tabs, newlines and backslashes are octal.
  ask: ({ path }) => [
    "check_mount",
    path.replaceAll(/[\\ \t\n]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`),
  ],
  judge({ path, fstype, device, options = [] }, { lines: [line = ""] }) {
    const [foundDevice = "", foundType = "", foundOptions = ""] = line.split(" ");
    if (foundType === "") return verdict([], [`nothing is mounted on ${path}`]);
    const missing = options.filter((option) => !foundOptions.split(",").includes(option));
    return verdict(
      [`${foundDevice} on ${path} type ${foundType} (${foundOptions})`],
      [
        ...(fstype === undefined || fstype === foundType ? [] : [`expected type ${fstype}`]),
        ...(device === undefined || device === foundDevice ? [] : [`expected ${device}`]),
        ...missing.map((option) => `expected option ${option}`),
      ],
    );
  },
};
