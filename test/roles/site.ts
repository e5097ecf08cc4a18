import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";

export interface Site {
  /** Port in the container's network → socket that answers it. */
  readonly ports: readonly (readonly [number, string])[];
  close(): void;
}

/** What stands beside the container: the package archive of this machine's own apt (cached), and a page as backend. */
export async function serveSite(folder: string, cache: string): Promise<Site> {
  mkdirSync(cache, { recursive: true });
  const upstream = ownArchive();
  const archive = createServer(
    (request, response) =>
      void passOn(`${upstream}${(request.url ?? "").replace("/packages/debian", "")}`, cache, response),
  );
  let served = 0;
  const backend = createServer((_, response) => {
    served++;
    response.setHeader("Cache-Control", "max-age=60");
    response.end(`page ${served}\n`);
  });
  const listen = (server: Server, name: string) =>
    new Promise<string>((resolve) => server.listen(join(folder, name), () => resolve(join(folder, name))));
  const ports = [
    [8077, await listen(archive, "archive.sock")],
    [8080, await listen(backend, "backend.sock")],
  ] as const;
  return { ports, close: () => [archive, backend].forEach((server) => void server.close()) };
}

function ownArchive(): string {
  const sites = execFileSync("apt-get", ["indextargets", "--format", "$(SITE)"], { encoding: "utf8" }).split("\n");
  const found = sites.find((site) => site.endsWith("/debian"));
  if (!found) throw new Error("this machine's apt has no Debian archive: run apt-get update");
  return found;
}

/** Packages and by-hash files never change; the rest is asked for each time. */
async function passOn(url: string, cache: string, response: ServerResponse): Promise<void> {
  const lasting = url.endsWith(".deb") || url.includes("/by-hash/");
  const kept = join(cache, createHash("sha256").update(url).digest("hex"));
  if (lasting && existsSync(kept)) return void response.end(readFileSync(kept));
  const answer = await fetch(url);
  const body = Buffer.from(await answer.arrayBuffer());
  if (lasting && answer.ok) {
    writeFileSync(`${kept}.${process.pid}`, body);
    renameSync(`${kept}.${process.pid}`, kept);
  }
  response.statusCode = answer.status;
  response.end(body);
}
