import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import type { Catalogue } from "../../src/converge/catalogue.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged, type RunReport } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { catalogueOf } from "../converge/scratch.ts";

/** A shell that counts what its host is asked to run: what the engine says of that isn't taken for granted. */
export function countExecutions(shell: Shell) {
  let count = 0;
  const counted: Shell = {
    ...shell,
    run: (command, options) => {
      count++;
      return shell.run(command, options);
    },
  };
  const during = async <T>(work: () => Promise<T>) => {
    const before = count;
    return { result: await work(), executions: count - before };
  };
  return { shell: counted, during };
}

interface Judge {
  is(one: unknown, other: unknown, message?: string): unknown;
}

/** A host on which resource types are tried. */
export interface TypesHost {
  readonly shell: Shell;
  /** Throws what it printed when it doesn't end with 0. */
  sh(script: string): Promise<string>;
  run(...resources: readonly Resource[]): Promise<RunReport>;
  /** What a plan would do, as `reference property: from → to`. */
  planned(...resources: readonly Resource[]): Promise<string[]>;
  /** Converges with changes; a second time nothing changes, in one execution. */
  settles(t: Judge, ...resources: readonly Resource[]): Promise<RunReport>;
}

export function typesHost(of: Shell, compile: (resources: readonly Resource[]) => Catalogue = catalogueOf): TypesHost {
  const { shell, during } = countExecutions(of);
  const run = (...resources: readonly Resource[]) => converge(compile(resources), shell, { clock });
  return {
    shell,
    run,
    sh: async (script) => {
      const { exitCode, stdout, stderr } = await of.run({ script }, { timeoutMs: 600_000 });
      if (exitCode !== 0) throw new Error(`${script}\nended with ${exitCode}\n${stdout}${stderr}`);
      return stdout.trim();
    },
    planned: async (...resources) => {
      const { planned } = await planCatalogue(compile(resources), shell);
      return planned.flatMap(({ item, changes }) =>
        changes.map(({ property, from, to }) => `${item.reference} ${property}: ${from ?? "?"} → ${to}`),
      );
    },
    settles: async (t, ...resources) => {
      const first = await run(...resources);
      assertConverged(first);
      t.is(first.outcome, "changed");
      const { result, executions } = await during(() => run(...resources));
      const again = result.results.map(({ reference }) => reference).join();
      t.is(`${result.outcome} in ${executions}`, "unchanged in 1", again);
      return first;
    },
  };
}
