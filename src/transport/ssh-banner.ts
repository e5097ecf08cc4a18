import ssh2 from "ssh2";

export interface BannerQuestion {
  readonly host: string;
  readonly port: number;
  /** From TCP to the server's first line. A machine that boots under emulation may need 30 s and more. */
  readonly timeoutMs: number;
}

/**
 * Does an SSH server answer? Its identification line (RFC 4253 §4.2), or `undefined`. One connection, ended as soon as
 * the line is there: no key exchange is finished, nobody logs in. Ask again only after the answer: parallel questions
 * fill a slow sshd's queue.
 */
export function probeSshBanner({ host, port, timeoutMs }: BannerQuestion): Promise<string | undefined> {
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
