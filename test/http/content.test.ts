import { Readable } from "node:stream";
import test from "ava";
import { type Content, parseRange, select } from "../../src/http/content.ts";

const part = (start: number, end: number) => ({ kind: "part", start, end }) as const;
const whole = { kind: "whole" } as const;
const unsatisfiable = { kind: "unsatisfiable" } as const;

for (const [text, sizeBytes, expected] of [
  ["bytes=0-9", 100, part(0, 10)],
  ["bytes=90-", 100, part(90, 100)],
  ["bytes=-10", 100, part(90, 100)],
  ["bytes=-1000", 100, part(0, 100)],
  ["bytes=50-1000", 100, part(50, 100)],
  ["bytes=99-99", 100, part(99, 100)],
  ["BYTES = 1 - 2", 100, part(1, 3)],
  ["bytes=100-", 100, unsatisfiable],
  ["bytes=0-", 0, unsatisfiable],
  ["bytes=-0", 100, unsatisfiable],
  ["bytes=5-4", 100, whole],
  ["bytes=0-1,5-6", 100, whole],
  ["bytes=-", 100, whole],
  ["bytes=a-b", 100, whole],
  ["lines=1-2", 100, whole],
  ["bytes=--5", 100, whole],
  ["bytes=99999999999999999999-", 100, unsatisfiable],
] as const) {
  test(`Range: ${text} of ${sizeBytes} bytes is ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(parseRange(text, sizeBytes), expected);
  });
}

const content: Content = {
  sizeBytes: 100,
  contentType: "text/plain",
  etag: '"abc"',
  lastModified: "Wed, 21 Oct 2015 07:28:00 GMT",
  stream: () => Readable.from([]),
};

const dated: Record<"same" | "earlier" | "later", string> = {
  same: "Wed, 21 Oct 2015 07:28:00 GMT",
  earlier: "Wed, 21 Oct 2015 07:27:59 GMT",
  later: "Thu, 22 Oct 2015 07:28:00 GMT",
};
const range = "bytes=10-";

for (const [what, headers, expected] of [
  ["nothing said: all of it", {}, whole],
  ["the tag is known: unchanged", { "if-none-match": '"abc"' }, { kind: "unchanged" }],
  ["one of several tags, weak: unchanged", { "if-none-match": '"x", W/"abc"' }, { kind: "unchanged" }],
  ["any tag: unchanged", { "if-none-match": "*" }, { kind: "unchanged" }],
  ["another tag: all of it", { "if-none-match": '"x"' }, whole],
  ["another tag counts, not the date", { "if-none-match": '"x"', "if-modified-since": dated.later }, whole],
  ["not modified since: unchanged", { "if-modified-since": dated.same }, { kind: "unchanged" }],
  ["modified since: all of it", { "if-modified-since": dated.earlier }, whole],
  ["a date that is none: all of it", { "if-modified-since": "yesterday" }, whole],
  ["goes on if the tag is the same", { range, "if-range": '"abc"' }, part(10, 100)],
  ["starts again if it isn't", { range, "if-range": '"x"' }, whole],
  ["a weak tag is no ground to go on", { range, "if-range": 'W/"abc"' }, whole],
  ["goes on if the date is the same", { range, "if-range": dated.same }, part(10, 100)],
  ["a later date isn't the same", { range, "if-range": dated.later }, whole],
] as const) {
  test(what, (t) => t.deepEqual(select(content, headers), expected));
}
