import { type ErrorTable, failer } from "../errors.ts";

export const errors = {
  "tftp-cannot-listen": {
    sentence: (d: { host: string; port: number; reason: string }) =>
      `the TFTP server can't listen on ${d.host} port ${d.port}/udp: ${d.reason}`,
    hint: (d: { port: number }) =>
      `Ports below 1024 need root. See who has it: ss -lnup 'sport = :${d.port}'; stop that TFTP server, or run: provision doctor`,
    fault: "environment",
    retry: true,
  },
} satisfies ErrorTable;

export const fail = failer(errors);
