import type { Clock } from "../../clock.ts";
import type { Answer } from "../../http/server.ts";

/** How long Varnish may keep the page. */
const maxAgeSeconds = 120;

/** The application behind Varnish: a page that tells how often it was really made, and a health check. */
export function createOrigin(clock: Clock): Answer {
  let made = 0;
  return ({ method, path }) => {
    if (method !== "GET" && method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    if (path === "/health") return { status: 200, headers: { "content-type": "text/plain" }, body: "ok\n" };
    if (path !== "/") return undefined;
    made += 1;
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": `max-age=${maxAgeSeconds}` };
    return { status: 200, headers, body: page(made, clock.now()) };
  };
}

const page = (made: number, at: Date) => `<!doctype html>
<title>The origin</title>
<h1>The origin</h1>
<p>This page was made ${made} ${made === 1 ? "time" : "times"}, last at ${at.toISOString()}.</p>
`;
