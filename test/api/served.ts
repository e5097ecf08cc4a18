import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { createApi } from "../../src/api/routes.ts";
import type { Controller } from "../../src/app/controller.ts";
import { connectController } from "../../src/app/remote.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { type HttpServer, startHttpServer } from "../../src/http/server.ts";
import { silentLog } from "../../src/log.ts";

/** A path for a socket in a folder that goes with the test. */
export function socketPath(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "api-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "api.sock");
}

/** The API of a controller on a Unix socket, as `provision serve` offers it. */
export async function serve(
  t: ExecutionContext,
  controller: Controller,
  clock: Clock = systemClock,
): Promise<{ path: string; server: HttpServer }> {
  const path = socketPath(t);
  const server = await startHttpServer({
    ...{ listen: { path }, answer: createApi(controller, clock) },
    ...{ clock: systemClock, log: silentLog },
  });
  t.teardown(() => server.close());
  return { path, server };
}

export async function remoteAt(path: string): Promise<Controller> {
  const remote = await connectController(path);
  if (!remote) throw new Error("nobody answers on the socket");
  return remote;
}

/** The other process's view of that controller. */
export async function remoteOf(t: ExecutionContext, controller: Controller, clock?: Clock): Promise<Controller> {
  return remoteAt((await serve(t, controller, clock)).path);
}

/** What curl(1) prints, and the status after it. */
export function curl(path: string, argv: readonly string[]): Promise<{ status: number; body: string }> {
  const [target = "", ...rest] = argv;
  const words = ["-sS", "--path-as-is", "-w", "\n%{http_code}", "--unix-socket", path, ...rest];
  return new Promise((resolve, reject) => {
    execFile("curl", [...words, `http://controller${target}`], (error, stdout, stderr) => {
      if (error) return reject(new Error(`curl (Debian package curl): ${stderr}`, { cause: error }));
      const [, body = "", status = ""] = /^(.*)\n(\d+)$/s.exec(stdout) ?? [];
      resolve({ status: Number(status), body });
    });
  });
}
