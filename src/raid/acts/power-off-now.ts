import { type Act, act } from "./act.ts";

/** Shuts the machine down in good order; this answers before it goes. Prints `powering-off`. */
export function powerOffNow(): Act {
  return act({
    name: "switching the machine off",
    limitMs: 30_000,
    body: `
sync
if have systemctl && [ -d /run/systemd/system ]; then must systemctl --no-block poweroff
else ( sleep 1; poweroff ) >/dev/null 2>&1 & fi
say powering-off`,
  });
}
