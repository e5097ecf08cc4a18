import { readlinkSync, statSync } from "node:fs";

/** Set for the process that was put into a namespace, so that it doesn't try again. */
const marker = "PROVISION_NETNS";

/** Is there a network namespace of that name, as ip-netns(8) keeps them? */
export function namespaceExists(name: string): boolean {
  return statSync(`/run/netns/${name}`, { throwIfNoEntry: false }) !== undefined;
}

/** Are our own sockets made in the namespace of that name? */
export function isInNamespace(name: string): boolean {
  const named = statSync(`/run/netns/${name}`, { throwIfNoEntry: false });
  return named !== undefined && readlinkSync("/proc/self/ns/net") === `net:[${named.ino}]`;
}

/**
 * Becomes the same command line inside the namespace: the process is replaced (execve(2)), so that its pid, terminal and
 * signals stay. Does nothing when it is there already; returns only then.
 */
export function becomeInNamespace(name: string, environment: Readonly<Record<string, string | undefined>>): void {
  if (environment[marker] === name || isInNamespace(name)) return;
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const handed = Object.fromEntries(
    Object.entries({ ...environment, [marker]: name }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  process.execve?.("/usr/bin/env", ["env", "ip", "netns", "exec", name, ...own], handed);
}
