import test from "ava";
import { encodePath, parseTarget } from "../../src/http/target.ts";

for (const [raw, path, query] of [
  ["/boot/ipxe?mac=52:54:00:77:00:01", "/boot/ipxe", "mac=52%3A54%3A00%3A77%3A00%3A01"],
  ["//grubx64.efi", "/grubx64.efi", ""],
  ["/a//b///c/", "/a/b/c/", ""],
  ["/", "/", ""],
  ["/libstdc%2b%2b6_12%7erc1.deb", "/libstdc++6_12~rc1.deb", ""],
  ["/g++-12.deb", "/g++-12.deb", ""],
  ["/b%C3%BC", "/bü", ""],
  ["/x?a=1?b=2&c=..", "/x", "a=1%3Fb%3D2&c=.."],
  ["http://deb.example.org/debian/x", "/debian/x", ""],
  ["HTTPS://deb.example.org:8080/x?y", "/x", "y="],
  ["http://deb.example.org", "/", ""],
  ["/a..b/c", "/a..b/c", ""],
] as const) {
  test(`${raw} is the path ${path}`, (t) => {
    const target = parseTarget(raw);
    t.is(target?.path, path);
    t.is(String(target?.query), query);
  });
}

for (const raw of [
  "/..",
  "/../etc/passwd",
  "/a/../../b",
  "/%2e%2e/etc/passwd",
  "/a/%2E./b",
  "/./a",
  "/a%2f..%2fb",
  "/a\\..\\b",
  "/a%5c..",
  "/a%00b",
  "/a%0ab",
  "/%zz",
  "/%ff",
  "*",
  "relative",
  "http:/..",
  `/${"x".repeat(5000)}`,
]) {
  test(`${raw.slice(0, 30)} is refused`, (t) => t.is(parseTarget(raw), undefined));
}

test("a path goes into a URL", (t) => t.is(encodePath("pool/g++ ~?#%.deb"), "pool/g%2B%2B%20~%3F%23%25.deb"));
