import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "http-cannot-listen": {
    sentence: (d: { where: string; reason: string }) => `the HTTP server can't listen on ${d.where}: ${d.reason}`,
    hint: (d: { where: string }) =>
      d.where.startsWith("/")
        ? `If no provision is running, remove the socket that one left behind: rm ${d.where}`
        : "See who has the port (ss -lntp), or set another one in the site's controller.httpPort.",
    fault: "environment",
    retry: true,
  },
  "http-body-too-large": {
    sentence: (d: { limitBytes: number }) => `the request's body is larger than ${d.limitBytes} bytes`,
    hint: () => "Send less; nothing that provision is told over HTTP is that long.",
    fault: "input",
    retry: false,
  },
  "http-unreachable": {
    sentence: (d: { url: string; reason: string }) => `${d.url} could not be fetched: ${d.reason}`,
    hint: () => "Check that the host is up and reachable from here: curl -v URL",
    fault: "environment",
    retry: true,
  },
  "http-timeout": {
    sentence: (d: { url: string; timeoutMs: number }) => `${d.url}: nothing was heard for ${d.timeoutMs} ms`,
    hint: () => "Check that the host is up and reachable from here: curl -v URL",
    fault: "environment",
    retry: true,
  },
  "http-broken-off": {
    sentence: (d: { url: string; bytes: number; totalBytes?: number | undefined }) =>
      `${d.url} broke off after ${d.bytes} of ${d.totalBytes ?? "an unknown number of"} bytes`,
    hint: () => "Try again; if it keeps breaking off, look at the server's log or use another mirror.",
    fault: "environment",
    retry: true,
  },
  "http-no-known-end": {
    sentence: (d: { url: string }) => `${d.url} was answered without a length, so that a cut could not be noticed`,
    hint: () => "Use another mirror, or one that speaks HTTP/1.1.",
    fault: "environment",
    retry: false,
  },
  "http-bad-status": {
    sentence: (d: { url: string; status: number }) => `${d.url} was answered with status ${d.status}`,
    hint: () => "Look at the server's log, or use another mirror.",
    fault: "environment",
    retry: true,
  },
  "http-bad-url": {
    sentence: (d: { url: string }) => `${JSON.stringify(d.url)} is no http:// or https:// URL`,
    hint: () => "Write it as http://HOST[:PORT]/PATH.",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
