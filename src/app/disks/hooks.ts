import { hostname } from "node:os";
import { toRecord } from "../../errors.ts";
import { fetchHttp } from "../../http/client.ts";
import type { Hook } from "../../inventory/disk-schema.ts";
import type { DiskAlarm } from "../../raid/alarms.ts";
import { createLocalShell } from "../../transport/local.ts";
import type { Surroundings } from "../surroundings.ts";

/** What a hook is told: a webhook as JSON, a mail as text. */
export interface Told extends DiskAlarm {
  readonly node: string;
  readonly rack?: string;
  readonly at: string;
  /** The swap that was opened for it and is held: `provision disk replace NODE SERIAL` begins it. */
  readonly swap?: string;
  readonly ticket?: string;
}

const hookMs = 10_000;
const usualSendmail = "/usr/sbin/sendmail";

/** Tells every hook; one that fails is logged and doesn't keep the others from hearing. Gives those that failed. */
export async function tellHooks(hooks: readonly Hook[], told: Told, around: Surroundings): Promise<readonly Hook[]> {
  const heard = await Promise.all(
    hooks.map(async (hook) => {
      try {
        await tell(hook, told, around);
        return [];
      } catch (thrown) {
        const { code, message } = toRecord(thrown);
        around.log.error("a hook couldn't be told", { hook: nameOf(hook), code, message });
        return [hook];
      }
    }),
  );
  return heard.flat();
}

export const nameOf = (hook: Hook) => ("webhook" in hook ? hook.webhook : hook.mail);

async function tell(hook: Hook, told: Told, { clock }: Surroundings): Promise<void> {
  if ("webhook" in hook) {
    const headers = { "content-type": "application/json" };
    const sent = { url: hook.webhook, method: "POST", headers, body: JSON.stringify(told), timeoutMs: hookMs };
    const reply = await fetchHttp(sent);
    reply.discard();
    if (reply.status >= 300) throw new Error(`it answered ${reply.status}`);
    return;
  }
  const argv = [hook.via ?? usualSendmail, "-t", "-oi"];
  const result = await createLocalShell({ clock }).run({ argv }, { stdin: letter(hook.mail, told), timeoutMs: hookMs });
  if (result.exitCode !== 0) throw new Error(`${argv[0]} ended with ${result.exitCode}: ${result.stderr.trim()}`);
}

/** RFC 5322; what comes from a host may not make headers. */
export function letter(to: string, { node, about, severity, text, swap, ticket, at }: Told): string {
  const line = (words: string) => words.replaceAll(/[\r\n]+/g, " ");
  return [
    `To: ${to}`,
    `From: provision@${hostname()}`,
    `Subject: ${line(`[provision] ${node}: ${about} ${severity}`)}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    `${node}, ${at}: ${about}: ${text}`,
    ...(swap ? ["", `A replacement is held and waits for you: ${swap}`] : []),
    ...(ticket ? ["", ticket] : []),
    "",
  ].join("\n");
}
