import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { tlsShell } from "../tls-shell.ts";
import { absolutePath, accountName, call, octalMode } from "../words.ts";

const hostName = z
  .string()
  .regex(/^(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, "must be a host's name, an IPv4 address or *.domain");
const pem = z
  .string()
  .trim()
  .regex(
    /^-----BEGIN CERTIFICATE-----\n[\s\S]*-----END CERTIFICATE-----$/,
    "must be certificates in PEM, the host's own first",
  );

const schema = z
  .strictObject({
    path: absolutePath.describe("The certificate's file"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("`absent`: certificate, request and bundle are removed; the key stays"),
    key: absolutePath.optional().describe("The key's file; made only if it is absent or empty, and never again"),
    keyType: z
      .enum(["ecdsa-p256", "rsa-2048", "rsa-4096", "ed25519"])
      .default("ecdsa-p256")
      .describe("Of a key that is made"),
    keyMode: octalMode.default("0600").describe("Permissions of the key and the bundle"),
    owner: accountName.default("root").describe("Account that owns key and certificate"),
    group: accountName.default("root").describe("Group that owns key and certificate"),
    names: z
      .array(hostName)
      .default([])
      .describe("What it is for: host names and IPv4 addresses; the first is its common name"),
    subject: z
      .string()
      .regex(/^(\/[A-Za-z.0-9]+=[^/\n]+)+$/, 'must be as "/CN=www.example.org/O=Example"')
      .optional()
      .describe("The whole subject; none: `/CN=` and the first name"),
    issuer: z
      .enum(["self", "authority"])
      .default("self")
      .describe(
        "`self`: signed by its own key; `authority`: a request is written, and what the authority answers goes into `certificate`",
      ),
    days: z.int().min(1).default(397).describe("How long one that is signed here is valid"),
    renewBeforeDays: z
      .int()
      .min(0)
      .default(30)
      .describe("One that is signed here is renewed, with the same key, so many days before its end"),
    certificate: pem
      .optional()
      .describe("The authority's answer; must fit the key. Until there is one, only key and request are made"),
    request: absolutePath.optional().describe("The request's file; none: the certificate's with .csr for its suffix"),
    bundle: absolutePath.optional().describe("Certificate and key in one file, as HAProxy wants it"),
  })
  .refine(({ ensure, key, names }) => ensure === "absent" || (key !== undefined && names.length > 0), {
    message: "a present certificate has a key's path and names",
  })
  .refine(({ issuer, certificate }) => issuer === "authority" || certificate === undefined, {
    message: "a certificate is given only with issuer: authority",
  });

type Certificate = z.output<typeof schema>;

const requestOf = ({ path, request }: Certificate) => request ?? `${path.replace(/\.[a-z]+$/, "")}.csr`;
const subjectOf = ({ subject, names }: Certificate) => subject ?? `/CN=${names[0]}`;
const isAddress = (name: string) => /^\d+(\.\d+){3}$/.test(name);

/** As openssl prints them, and as it wants them. */
const shown = ({ names }: Certificate) =>
  names.map((name) => (isAddress(name) ? `IP Address:${name}` : `DNS:${name}`)).join(", ");
const asked = ({ names }: Certificate) =>
  names.map((name) => (isAddress(name) ? `IP:${name}` : `DNS:${name}`)).join(",");
const attributes = (mode: string, { owner, group }: Certificate) =>
  `${(0o100000 | Number.parseInt(mode, 8)).toString(16)} ${owner} ${group}`;

const read = (items: readonly Item<Certificate>[]) =>
  items
    .map(({ id, desired }) => {
      const { path, ensure, key = "", keyMode, issuer, certificate, bundle = "" } = desired;
      const request = issuer === "authority" ? requestOf(desired) : "";
      if (ensure === "absent") return call("tls_certificate_gone", id, path, requestOf(desired), bundle);
      const managed = issuer === "self" || certificate !== undefined;
      return [
        call("tls_certificate_key_seen", id, key, attributes(keyMode, desired)),
        ...(request ? [call("tls_certificate_request_seen", id, request, subjectOf(desired), shown(desired))] : []),
        ...(managed ? [certificateSeen({ id, desired })] : []),
        ...(managed && bundle
          ? [call("tls_certificate_bundle_seen", id, path, key, bundle, attributes(keyMode, desired))]
          : []),
      ].join("\n");
    })
    .join("\n");

function certificateSeen({ id, desired }: Pick<Item<Certificate>, "id" | "desired">): string {
  const { path, issuer, renewBeforeDays, certificate } = desired;
  const file = attributes("0644", desired);
  if (issuer === "self") {
    return call("tls_certificate_seen", id, path, file, subjectOf(desired), shown(desired), renewBeforeDays * 86_400);
  }
  return call("tls_certificate_given_seen", id, path, file, `${certificate}\n`);
}

const told: readonly (readonly [string, string])[] = [
  ["key", "made"],
  ["key-attributes", "as wanted"],
  ["request", "written"],
  ["certificate", ""],
  ["attributes", "as wanted"],
  ["bundle", "certificate and key"],
];

function diff({ desired }: Item<Certificate>, seen: Seen): Change[] {
  if (desired.ensure === "absent")
    return seen.has("exists") ? [{ property: "ensure", from: "present", to: "absent" }] : [];
  const signed = desired.issuer === "self" ? `valid for ${desired.days} days` : "the authority's answer";
  return told.flatMap(([key, to]) => {
    const from = seen.get(key);
    return from === undefined
      ? []
      : [{ property: key.replace("-", " "), from, to: key === "certificate" ? signed : to }];
  });
}

function steps({ desired }: Item<Certificate>, seen: Seen): Step[] {
  const { path, ensure, key = "", keyType, keyMode, owner, group, issuer, certificate, days, bundle } = desired;
  if (ensure === "absent")
    return [path, requestOf(desired), ...(bundle ? [bundle] : [])].map((one) => ({ kind: "remove", path: one }));
  const managed = issuer === "self" || certificate !== undefined;
  const make = (name: string, ...words: readonly (string | number)[]): Step => ({
    kind: "call",
    function: `tls_certificate_${name}`,
    words,
  });
  const put: Step = {
    kind: "write",
    path,
    content: `${certificate}\n`,
    mode: "0644",
    owner,
    group,
    validate: ["tls_certificate_fits", key, "%"],
  };
  const sign: Step = {
    kind: "call",
    function: "tls_certificate_sign",
    words: [path, key, subjectOf(desired), asked(desired), days, owner, group],
    swaps: { validate: ["tls_certificate_fits", key, "%"] },
  };
  const differs = seen.has("certificate") || seen.has("attributes") || seen.has("key");
  return [
    make("key", key, keyType, keyMode, owner, group),
    ...(issuer === "authority" && seen.has("request")
      ? [make("request", requestOf(desired), key, subjectOf(desired), asked(desired))]
      : []),
    ...(managed && differs ? [issuer === "self" ? sign : put] : []),
    ...(managed && bundle ? [make("bundle", path, key, bundle, keyMode, owner, group)] : []),
  ];
}

export const tlsCertificateType = defineType({
  name: "tls_certificate",
  summary:
    "A key that is made once, and a certificate that fits it: self-signed and renewed in time, or an authority's answer to a request.",
  example: 'tlsCertificate("/etc/ssl/site/www.pem", { key: "/etc/ssl/site/www.key", names: ["www.example.org"] })',
  schema,
  titleKey: "path",
  shell: tlsShell,
  read,
  diff,
  steps,
  autoRequire: ({ path, key, owner, group }) => [
    "package[openssl]",
    ...[path, ...(key ? [key] : [])].map((one) => `directory[${one.slice(0, one.lastIndexOf("/"))}]`),
    `user[${owner}]`,
    `group[${group}]`,
  ],
  claims: (one) => ({
    whole: [one.path, requestOf(one), ...(one.key ? [one.key] : []), ...(one.bundle ? [one.bundle] : [])].map(
      (path) => `path:${path}`,
    ),
  }),
  absent: ({ path, request, bundle }) => ({
    path,
    ensure: "absent",
    ...(request === undefined ? {} : { request }),
    ...(bundle === undefined ? {} : { bundle }),
  }),
});

/** A key and its certificate: `tlsCertificate("/etc/ssl/site/www.pem", { key: "/etc/ssl/site/www.key", names: ["www.example.org"] })`. */
export const tlsCertificate = declare({ name: "tls_certificate", schema, titleKey: "path" });
