import { testImage } from "../../../src/app/test-image.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import { readWorld } from "../../../src/lifecycle/operations/diskswap/world.ts";
import { silentLog } from "../../../src/log.ts";
import { type Act, readAct } from "../../../src/raid/acts/act.ts";
import type { World } from "../../../src/raid/world.ts";
import type { MachineHost, MachineOptions } from "../../../src/sim/hosts/machine.ts";
import type { MachineDisk } from "../../../src/sim/hosts/machine-disks.ts";
import { startMachine } from "../../../src/sim/hosts/machines.ts";
import { createLocalShell } from "../../../src/transport/local.ts";
import { folders } from "../../roles/container.ts";
import { byserial, dataFolder } from "./layout.ts";

/** A machine with real md, and how it is asked and treated without the operation. */
export interface Bed {
  readonly host: MachineHost;
  /** What it prints, trimmed; `dev SERIAL [PARTITION]` gives a path. @throws with all that it said when it fails */
  ask(script: string): Promise<string>;
  /** As {@link Bed.ask}, but a failure is an answer, too. */
  attempt(script: string): Promise<string>;
  act(act: Act): Promise<readonly string[]>;
  world(depth?: "arrays" | "all"): Promise<World>;
  /** Members, states, events and bad blocks of all arrays: what must not have moved. */
  arrays(): Promise<string>;
  /** SHA-256 of a file, read from the disks. */
  sumOf(file: string): Promise<string>;
  /** Waits until every array has all its members, and nothing is under way. */
  whole(): Promise<void>;
}

export interface BedOptions extends Pick<MachineOptions, "firmware" | "memoryMiB"> {
  readonly name: string;
  readonly disks: readonly MachineDisk[];
  say(line: string): void;
}

export async function startBed({ say, ...machine }: BedOptions): Promise<Bed> {
  const built = await testImage({ shell: createLocalShell({ clock }), ...folders, clock, log: silentLog, say });
  return bedOf(await startMachine({ ...built, ...folders, ...machine, clock }));
}

const limitMs = 300_000;

export function bedOf(host: MachineHost): Bed {
  const run = (script: string) => host.shell.run({ script: `${byserial}${script}` }, { timeoutMs: limitMs });
  const ask = async (script: string) => {
    const { exitCode, stdout, stderr } = await run(script);
    if (exitCode !== 0) throw new Error(`${exitCode}: ${stdout}\n${stderr}`);
    return stdout.trim();
  };
  return {
    host,
    ask,
    attempt: async (script) => {
      const { stdout, stderr } = await run(script);
      return `${stdout}${stderr}`.trim();
    },
    act: async (act) => readAct(act, await host.shell.run({ script: act.script }, { timeoutMs: act.limitMs })),
    world: (depth = "arrays") => readWorld(host.shell, { depth }),
    arrays: () => ask(members),
    sumOf: (file) => ask(`sync; echo 3 > /proc/sys/vm/drop_caches; sha256sum < ${file} | cut -d' ' -f1`),
    whole: async () => void (await ask(untilWhole)),
  };
}

export const beforeFile = `${dataFolder}/before`;

/** By serial number and partition, so that it means the same after a restart. */
const members = `cd /sys/block
for l_md in md*/md; do
  [ -d "$l_md" ] && [ "$(cat $l_md/array_state)" != clear ] || continue
  for l_dev in $l_md/dev-*; do
    l_name=\${l_dev##*/dev-}
    l_disk=$(lsblk -dno PKNAME "/dev/$l_name"); [ -n "$l_disk" ] || l_disk=$l_name
    echo "$(cat $l_md/uuid 2>/dev/null || mdadm --detail --export /dev/\${l_md%%/*} | sed -n s/^MD_UUID=//p) $(cat $l_md/array_state | sed -E 's/^(active|active-idle|clean|write-pending)$/works/') $(lsblk -dno SERIAL "/dev/$l_disk") $(cat "/sys/class/block/$l_name/partition" 2>/dev/null) slot $(cat "$l_dev/slot") $(cat "$l_dev/state") $(xargs < "$l_dev/bad_blocks")"
  done
done | sort`;

const untilWhole = `for l_md in /sys/block/md*/md; do
  [ "$(cat $l_md/array_state)" != clear ] || continue
  l_try=0
  until [ "$(cat $l_md/sync_action)" = idle ] && [ "$(cat $l_md/degraded)" = 0 ]; do
    l_try=$((l_try + 1))
    [ $l_try -lt 300 ] || { cat /proc/mdstat >&2; exit 1; }
    sleep 0.3
  done
done`;
