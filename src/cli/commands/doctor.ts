import { examine } from "../../app/doctor.ts";
import type { CliCommand } from "../command.ts";
import { formatTable } from "../style.ts";

export const doctor: CliCommand = {
  name: "doctor",
  summary: "Look at privileges, ports, other DHCP servers, BMCs, packages and images; each finding with its remedy",
  example: "doctor",
  network: true,
  run: async (_, context) => {
    const findings = await examine(context);
    const bad = findings.filter((finding) => finding.verdict === "bad").length;
    return {
      json: findings,
      exitCode: bad > 0 ? 1 : 0,
      text: (style) => {
        const mark = { good: style.good("✔"), warning: style.warn("!"), bad: style.bad("✘") };
        const rows = findings.flatMap(({ check, verdict, evidence, remedy }) => [
          [mark[verdict], check, evidence],
          ...(remedy ? [["", "", style.accent(`→ ${remedy}`)]] : []),
        ]);
        return `${formatTable(rows)}\n${bad === 0 ? style.good("ready") : style.bad(`${bad} to mend`)}`;
      },
    };
  },
};
