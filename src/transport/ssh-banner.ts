import ssh2, { type ClientChannel } from "ssh2";
import type { Secret } from "../secret.ts";
import { type SshHop, travel } from "./ssh-client.ts";

export interface BannerQuestion {
  readonly host: string;
  readonly port: number;
  /** From TCP to the server's first line. A machine that boots under emulation may need 30 s and more. */
  readonly timeoutMs: number;
  /** Machines to go through first, and the key that they know. */
  readonly jump?: readonly SshHop[];
  readonly privateKey?: Secret;
}

/**
 * Does an SSH server answer? Its identification line (RFC 4253 §4.2), or `undefined`. One connection, ended as soon as
 * the line is there: no key exchange is finished, nobody logs in. Ask again only after the answer: parallel questions
 * fill a slow sshd's queue.
 * @throws what a machine on the way says; that isn't the answer to this question
 */
export async function probeSshBanner({ jump = [], privateKey, ...to }: BannerQuestion): Promise<string | undefined> {
  if (jump.length === 0 || !privateKey) return readBanner(to, undefined);
  const passage = await travel(jump, { privateKey, timeoutMs: to.timeoutMs });
  try {
    // A refusal to lead on says that nobody answers there.
    const sock = await passage.sock(to).catch(() => undefined);
    return sock ? await readBanner(to, sock) : undefined;
  } finally {
    passage.close();
  }
}

type Place = Pick<BannerQuestion, "host" | "port" | "timeoutMs">;

function readBanner({ host, port, timeoutMs }: Place, sock: ClientChannel | undefined): Promise<string | undefined> {
  const client = new ssh2.Client();
  return new Promise((resolve) => {
    const settle = (banner: string | undefined) => {
      resolve(banner);
      client.destroy();
    };
    client.on("error", () => settle(undefined));
    client.on("close", () => settle(undefined));
    client.connect({
      host,
      port,
      ...(sock ? { sock } : {}),
      username: "probe",
      readyTimeout: timeoutMs,
      hostVerifier: () => false,
      debug: (message) => {
        const banner = /^Remote ident: '(.*)'$/s.exec(message)?.[1];
        if (banner !== undefined) settle(banner);
      },
    });
  });
}
