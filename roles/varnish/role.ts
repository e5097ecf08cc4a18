import { z } from "zod";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { debianPackage } from "../../src/converge/resources/package.ts";
import { service } from "../../src/converge/resources/service.ts";
import { defineRole } from "../../src/converge/role.ts";

const hostAndPort = z
  .string()
  .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must be "host:port", such as "10.77.0.1:8080"')
  .transform((text) => ({
    host: text.slice(0, text.lastIndexOf(":")),
    port: Number(text.slice(text.lastIndexOf(":") + 1)),
  }));

const seconds = z.int().min(1);

const parameters = z.strictObject({
  backends: z.array(hostAndPort).min(1).describe("Where pages come from; several are asked in turn"),
  port: z.int().min(1).max(65535).default(80).describe("Where clients are answered"),
  storage: z
    .string()
    .regex(/^malloc,\d+[kMGT]$/i, 'must be "malloc,SIZE", such as "malloc,64m"')
    .default("malloc,64m")
    .describe("varnishd(1) -s"),
  probePath: z
    .string()
    .regex(/^\/[^\s"\\]*$/, "must be a path without blanks and quotes")
    .default("/")
    .describe("What a backend must answer with 200 to be healthy"),
  graceSeconds: seconds.default(3600).describe("How long stale content may be served while backends are away"),
  purgers: z
    .array(z.string().regex(/^[0-9A-Fa-f.:]+$/, "must be an IP address"))
    .default(["127.0.0.1"])
    .describe("Addresses that may PURGE"),
});

/** Probe window: healthy after `threshold` good answers of the last `window`; it starts healthy. */
const probe = { intervalSeconds: 2, timeoutSeconds: 1, window: 5, threshold: 3 };

const vclPath = "/etc/varnish/site.vcl";
const overridePath = "/etc/systemd/system/varnish.service.d/override.conf";

/** A web cache in front of the node's backends. */
export const varnish = defineRole({
  name: "varnish",
  parameters,
  resources({ parameters: { backends, port, storage, probePath, graceSeconds, purgers }, template }) {
    const software = debianPackage("varnish");
    const vcl = file(vclPath, {
      content: template("site.vcl", { backends, probe: { ...probe, path: probePath }, graceSeconds, purgers }),
      validate: ["varnishd", "-C", "-f", "%"],
      require: [software],
    });
    const override = file(overridePath, {
      content: template("override.conf", { port, storage, vcl: vclPath }),
      require: [software],
    });
    return [
      software,
      vcl,
      directory("/etc/systemd/system/varnish.service.d"),
      override,
      service("varnish.service", { enabled: true, running: true, subscribe: [override], reloadOn: [vcl] }),
    ];
  },
  verify: ({ parameters: { port }, nonce }) => {
    const site = `http://127.0.0.1:${port}`;
    const page = `${site}/?provision-verify=${nonce}`;
    return [
      { kind: "port", says: `clients are answered on port ${port}`, port },
      { kind: "port", says: "the administration port 6082 is open", port: 6082 },
      { kind: "service", says: "varnishd runs steadily", unit: "varnish.service" },
      { kind: "command", says: "the live VCL is the one on disk", argv: ["sh", "-c", liveVcl], prints: "^live$" },
      {
        kind: "command",
        says: "every backend is healthy",
        argv: ["sh", "-c", "varnishadm backend.list && ! varnishadm backend.list | grep -qiw sick"],
        prints: "healthy",
      },
      {
        kind: "http",
        says: "/varnish-health says 200",
        requests: [{ url: `${site}/varnish-health`, status: 200 }],
      },
      {
        kind: "http",
        says: "the same page is first a MISS and then a HIT",
        requests: [
          { url: page, status: 200, headers: { "x-cache": "^MISS$", "x-varnish": "^\\d+$" } },
          { url: page, status: 200, headers: { "x-cache": "^HIT$", "x-varnish": "^\\d+ \\d+$", age: "^\\d+$" } },
        ],
      },
    ];
  },
  cases: [
    {
      name: "behind-base",
      with: ["base"],
      parameters: ({ siteAddress }) => ({ backends: [`${siteAddress}:8080`] }),
      breaks: [
        { says: "the VCL is deleted", run: ["rm", vclPath] },
        { says: "someone edits the VCL", run: ["sh", "-c", `echo '# by hand' >> ${vclPath}`] },
        { says: "the cache is stopped", run: ["systemctl", "stop", "varnish.service"] },
      ],
    },
  ],
});

/** `active auto warm 0 NAME` is the live one in `vcl.list`; a file that was changed but not loaded differs from it. */
const liveVcl = `name=$(varnishadm vcl.list | awk '$1 == "active" { print $NF }')
echo "active: $name"
[ "$(varnishadm vcl.show "$name")" = "$(cat ${vclPath})" ] && echo live`;
