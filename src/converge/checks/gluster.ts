import { type Check, verdict } from "./check.ts";

/**
 * Started, so many bricks, each online and none with anything to heal. What a brick that can't be reached has to heal isn't known:
 * gluster prints "-" for it, which isn't nothing.
 */
export const glusterCheck: Check<"gluster"> = {
  kind: "gluster",
  shell: `
check_gluster() { # volume
  command -v gluster >/dev/null 2>&1 || { echo 'gluster is not there to ask with'; return 1; }
  timeout 30 gluster --mode=script volume info "$1" 2>&1 | sed -n -e '/^Status:/p' -e '/^volume .*: failed/p' -e '/does not exist/p' -e '/^Connection failed/p'
  timeout 30 gluster --mode=script volume status "$1" detail 2>&1 | sed -n -e 's/^Brick *: Brick /brick /p' -e 's/^Online *: /online /p' -e '/failed/p'
  timeout 60 gluster --mode=script volume heal "$1" info 2>&1 | sed -n -e 's/^Brick /heal /p' -e 's/^Number of entries: /entries /p' -e '/failed/p'
}
`,
  ask: ({ volume }) => ["check_gluster", volume],
  judge({ volume, bricks }, { lines }) {
    const status = lines.find((line) => line.startsWith("Status: "))?.slice(8);
    if (status === undefined) return verdict([], [`${volume}: ${lines.join(" ").trim() || "no answer"}`]);
    const online = pairs(lines, "brick ", "online ");
    const heal = pairs(lines, "heal ", "entries ");
    const dead = [...online].filter(([, state]) => state !== "Y").map(([brick]) => brick);
    const pending = [...heal].filter(([, entries]) => entries !== "0");
    const unasked = [...online.keys()].filter((brick) => !heal.has(brick));
    return verdict(
      [`${volume}: ${status}, ${online.size - dead.length} of ${online.size} bricks online`],
      [
        ...(status === "Started" ? [] : ["expected it to be started"]),
        ...(online.size === bricks ? [] : [`expected ${bricks} bricks`]),
        ...dead.map((brick) => `${brick} is offline`),
        ...pending.map(([brick, entries]) =>
          /^\d+$/.test(entries) ? `${brick} has ${entries} entries to heal` : `what ${brick} has to heal isn't known`,
        ),
        ...unasked.map((brick) => `what ${brick} has to heal isn't known`),
        ...lines.filter((line) => /failed/.test(line)),
      ],
    );
  },
};

/** `brick NAME` lines, each with the value of the next line of the other kind. */
function pairs(lines: readonly string[], nameMark: string, valueMark: string): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  let name: string | undefined;
  for (const line of lines) {
    if (line.startsWith(nameMark)) {
      name = line.slice(nameMark.length).trim();
      all.set(name, "");
    } else if (name !== undefined && line.startsWith(valueMark)) all.set(name, line.slice(valueMark.length).trim());
  }
  return all;
}
