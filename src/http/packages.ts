import type { Readable } from "node:stream";
import type { Log } from "../log.ts";
import { type FetchedReply, type fetchHttp, hasKnownEnd } from "./client.ts";
import type { Content } from "./content.ts";
import { fail } from "./errors.ts";
import { type Answer, type HttpReply, type HttpRequest, sentence } from "./exchange.ts";
import { encodePath } from "./target.ts";

/** What the archive needs of a store; `src/store/blobs.ts` is one. */
export interface PackageCache {
  open(key: string): Promise<KeptFile | undefined>;
  receive(
    key: string,
    meta: Readonly<Record<string, string>>,
    source: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly stored: Promise<KeptFile>; stream(start: number, end?: number): Readable }>;
}

export interface KeptFile {
  readonly sizeBytes: number;
  readonly meta: Readonly<Record<string, string>>;
  stream(start: number, end: number): Readable;
}

export interface PackageEvent {
  /** `cached`: without asking upstream; `fetched`; `unchanged`: upstream said so; `kept`: upstream is away, an old one. */
  readonly kind: "cached" | "fetched" | "unchanged" | "kept" | "failed";
  readonly repository: string;
  readonly path: string;
  readonly reason?: string;
}

export interface PackageArchiveOptions {
  /** By the name under `/packages/`. */
  readonly repositories: Readonly<Record<string, { readonly upstream: string }>>;
  /** Unix socket of a forward proxy through which the upstreams are reached. */
  readonly via?: string;
  readonly cache: PackageCache;
  readonly fetch: typeof fetchHttp;
  readonly log: Log;
  /** The longest silence of an upstream; below apt's own 30 s, so that apt hears why. */
  readonly timeoutMs?: number;
  onEvent?(event: PackageEvent): void;
}

interface Wanted {
  readonly repository: string;
  readonly path: string;
  readonly url: string;
}

/** What became of a request, shared by all who ask for the same while it is under way. */
interface Outcome {
  readonly reply: HttpReply;
  /** Settles, never rejecting, when the file is in the cache or the attempt is over. */
  readonly over?: Promise<unknown>;
}

/** Files that never change under their name: a version's package, or an index named for its digest. */
const immutable = /\/by-hash\/|\.(?:u?deb|ddeb|rpm|dsc|tar\.(?:gz|xz|bz2|zst))$/;
const mostRedirects = 5;

/** Answers `/packages/<repository>/<path>` from the cache or the repository's upstream, each file fetched once. */
export function createPackageArchive(options: PackageArchiveOptions): Answer {
  const underWay = new Map<string, Promise<Outcome>>();
  const once = (wanted: Wanted): Promise<Outcome> => {
    const found = underWay.get(wanted.url);
    if (found) return found;
    const forget = () => underWay.get(wanted.url) === outcome && underWay.delete(wanted.url);
    const outcome = obtain(wanted, { ...options, forget });
    underWay.set(wanted.url, outcome);
    outcome.then(({ over }) => over).then(forget, forget);
    return outcome;
  };
  return async (request) => {
    const wanted = locate(request.path, options);
    if (!wanted) return undefined;
    if ("status" in wanted) return wanted;
    if (!isRead(request)) return sentence(405, "Packages can only be read.", { allow: "GET, HEAD" });
    return (await once(wanted)).reply;
  };
}

const isRead = ({ method }: HttpRequest) => method === "GET" || method === "HEAD";

function locate(path: string, { repositories }: PackageArchiveOptions): Wanted | HttpReply | undefined {
  const [, repository, rest] = /^\/packages\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (repository === undefined || rest === undefined) return undefined;
  const upstream = Object.hasOwn(repositories, repository) ? repositories[repository]?.upstream : undefined;
  if (upstream === undefined) return sentence(404, `There is no package repository "${repository}" here.`);
  return { repository, path: rest, url: `${upstream.replace(/\/+$/, "")}/${encodePath(rest)}` };
}

async function obtain(wanted: Wanted, options: Obtaining): Promise<Outcome> {
  const tell = (kind: PackageEvent["kind"], reason?: string) => {
    const { repository, path } = wanted;
    options.onEvent?.({ kind, repository, path, ...(reason === undefined ? {} : { reason }) });
  };
  const kept = await options.cache.open(wanted.url);
  if (kept && immutable.test(wanted.path)) {
    tell("cached");
    return { reply: replyWith(contentOf(kept)) };
  }
  try {
    return await ask(wanted, kept, { ...options, tell });
  } catch (thrown) {
    const reason = (thrown as Error).message;
    options.log.warn(
      kept ? "a package index's upstream failed, the last copy is used" : "a package's upstream failed",
      {
        ...{ url: wanted.url, error: reason },
      },
    );
    tell(kept ? "kept" : "failed", reason);
    const told = `The package archive could not get this file: ${reason.replaceAll(/\s+/g, " ")}.`;
    return { reply: kept ? replyWithKept(kept) : sentence(502, told) };
  }
}

/** `forget`: who asks from now on begins anew. */
type Obtaining = PackageArchiveOptions & { forget(): void };
type Asking = Obtaining & { tell(kind: PackageEvent["kind"], reason?: string): void };

async function ask(wanted: Wanted, kept: KeptFile | undefined, options: Asking): Promise<Outcome> {
  const reply = await fetchFollowing(wanted.url, conditionsOf(kept), options);
  if (reply.status === 200) return receive(wanted, reply, options);
  reply.discard();
  if (reply.status === 304 && kept) {
    options.tell("unchanged");
    return { reply: replyWith(contentOf(kept)) };
  }
  if (reply.status < 400 || reply.status >= 500)
    throw fail("http-bad-status", { url: wanted.url, status: reply.status });
  options.tell("failed", `status ${reply.status}`);
  if (reply.status === 404 && !kept && !immutable.test(wanted.path)) await rememberAbsence(wanted, options);
  return { reply: sentence(reply.status, `${wanted.url} was answered with status ${reply.status}.`) };
}

/** apt asks for files that many archives don't have, and goes on only if it hears 404; also when upstream is away. */
async function rememberAbsence({ url }: Wanted, { cache }: PackageArchiveOptions): Promise<void> {
  const nothing = async function* (): AsyncGenerator<Uint8Array> {};
  await (await cache.receive(url, { absent: "yes" }, nothing())).stored;
}

function replyWithKept(kept: KeptFile): HttpReply {
  return kept.meta.absent
    ? sentence(404, "The upstream didn't have this file when it last answered.")
    : replyWith(contentOf(kept));
}

/** The file goes to the cache, and to everybody who asked while it still arrives. */
async function receive(wanted: Wanted, reply: FetchedReply, options: Asking): Promise<Outcome> {
  if (!hasKnownEnd(reply)) {
    reply.discard();
    throw fail("http-no-known-end", { url: wanted.url });
  }
  const arrival = await options.cache.receive(wanted.url, metaOf(reply), watched(reply.body, options.forget));
  const over = arrival.stored.then(
    () => options.tell("fetched"),
    (thrown: Error) => {
      options.log.warn("a package broke off and is not kept", { url: wanted.url, error: thrown.message });
      options.tell("failed", thrown.message);
    },
  );
  const length = reply.headers["content-length"];
  if (length === undefined) return { reply: replyWith(contentOf(await arrival.stored)), over };
  const sizeBytes = Number(length);
  const stream = (start: number, end: number) => arrival.stream(start, end);
  return { reply: replyWith(contentOf({ sizeBytes, meta: metaOf(reply), stream })), over };
}

/** Tells of a break before any reader hears of it: a client that asks again at once must not join what is broken. */
async function* watched(body: AsyncIterable<Uint8Array>, onBreak: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    onBreak();
    throw thrown;
  }
}

async function fetchFollowing(
  url: string,
  headers: Readonly<Record<string, string>>,
  { fetch, via, timeoutMs = 20_000 }: PackageArchiveOptions,
): Promise<FetchedReply> {
  const through = via === undefined ? {} : { socketPath: via, proxy: true };
  let from = url;
  for (let redirects = 0; ; redirects++) {
    const reply = await fetch({ url: from, headers, timeoutMs, ...through });
    const { location } = reply.headers;
    const leads =
      [301, 302, 303, 307, 308].includes(reply.status) && location !== undefined && redirects < mostRedirects;
    if (!leads || !URL.canParse(location, from)) return reply;
    reply.discard();
    from = new URL(location, from).href;
  }
}

const conditionsOf = (kept: KeptFile | undefined): Record<string, string> => ({
  ...(kept?.meta.etag === undefined ? {} : { "if-none-match": kept.meta.etag }),
  ...(kept?.meta["last-modified"] === undefined ? {} : { "if-modified-since": kept.meta["last-modified"] }),
});

function metaOf({ headers }: FetchedReply): Record<string, string> {
  const names = ["content-type", "etag", "last-modified"];
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

const replyWith = (content: Content): HttpReply => ({ status: 200, body: content });

const contentOf = ({ sizeBytes, meta, stream }: KeptFile): Content => ({
  ...{ sizeBytes, stream, contentType: meta["content-type"] ?? "application/octet-stream" },
  ...(meta.etag === undefined ? {} : { etag: meta.etag }),
  ...(meta["last-modified"] === undefined ? {} : { lastModified: meta["last-modified"] }),
});
