import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { tlsCertificate } from "../../src/converge/resources/tls-certificate.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch, type Scratch } from "./scratch.ts";

const openssl = (...argv: string[]) =>
  execFileSync("openssl", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const names = ["www.rack.test", "rack.test", "192.0.2.11"];

type Given = NonNullable<Parameters<typeof tlsCertificate>[1]>;

function tools({ path, shell }: Scratch) {
  const catalogue = (given: Partial<Given> = {}) =>
    catalogueOf([tlsCertificate(path("www.pem"), { key: path("www.key"), names, ...given })]);
  return {
    catalogue,
    run: async (given: Partial<Given> = {}) => await converge(catalogue(given), shell, { clock }),
    changes: async (given: Partial<Given> = {}) =>
      (await planCatalogue(catalogue(given), shell)).planned.flatMap(({ changes }) =>
        changes.map(({ property, from }) => `${property}: ${from}`),
      ),
  };
}

for (const { name, start } of interpreters) {
  test(`${name}: a key is made once; the certificate follows names, subject and time`, async (t) => {
    const scratch = makeScratch(start(t, "openssl"));
    t.teardown(scratch.remove);
    const { path } = scratch;
    const { run, changes } = tools(scratch);
    assertConverged(await run());
    t.is(statSync(path("www.key")).mode & 0o7777, 0o600);
    t.regex(
      openssl("x509", "-in", path("www.pem"), "-noout", "-ext", "subjectAltName"),
      /DNS:rack.test, IP Address:192.0.2.11/,
    );
    t.regex(openssl("verify", "-CAfile", path("www.pem"), path("www.pem")), /OK/);
    const [key, certificate] = [readFileSync(path("www.key"), "utf8"), readFileSync(path("www.pem"), "utf8")];
    t.is((await run()).executions, 1);
    t.is(readFileSync(path("www.pem"), "utf8"), certificate);

    t.deepEqual(await changes({ names: ["rack.test"] }), ["certificate: for /CN=www.rack.test"]);
    t.deepEqual(await changes({ names: [...names, "x.test"] }), [
      `certificate: for DNS:www.rack.test, DNS:rack.test, IP Address:192.0.2.11`,
    ]);
    t.regex((await changes({ renewBeforeDays: 400 })).join(), /^certificate: ending .* GMT$/);
    assertConverged(await run({ days: 800, renewBeforeDays: 400 }));
    t.not(readFileSync(path("www.pem"), "utf8"), certificate);
    t.is(readFileSync(path("www.key"), "utf8"), key);

    chmodSync(path("www.key"), 0o644);
    t.regex((await changes()).join(), /^key attributes: 81a4 /);
    assertConverged(await run());
    t.is(statSync(path("www.key")).mode & 0o7777, 0o600);

    rmSync(path("www.pem"));
    t.deepEqual(await changes(), ["certificate: absent"]);
    assertConverged(await run());
    t.is(readFileSync(path("www.key"), "utf8"), key);

    openssl("genpkey", "-algorithm", "ED25519", "-out", path("www.key"));
    chmodSync(path("www.key"), 0o600);
    t.deepEqual(await changes(), ["certificate: of another key"]);
    assertConverged(await run());
    assertConverged(
      await converge(catalogueOf([tlsCertificate(path("www.pem"), { ensure: "absent" })]), scratch.shell, { clock }),
    );
    t.deepEqual([existsSync(path("www.pem")), existsSync(path("www.key"))], [false, true]);
  });

  test(`${name}: an authority's answer fits the key or is refused; the bundle is both`, async (t) => {
    const scratch = makeScratch(start(t, "openssl"));
    t.teardown(scratch.remove);
    const { path } = scratch;
    const { run, changes } = tools(scratch);
    const given = { issuer: "authority", keyType: "rsa-2048", bundle: path("bundle.pem") } as const;
    assertConverged(await run(given));
    t.deepEqual([existsSync(path("www.csr")), existsSync(path("www.pem"))], [true, false]);
    t.is((await run(given)).executions, 1);
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=CA",
      "-keyout",
      path("ca.key"),
      "-out",
      path("ca.pem"),
    );
    openssl(
      "x509",
      "-req",
      "-in",
      path("www.csr"),
      "-CA",
      path("ca.pem"),
      "-CAkey",
      path("ca.key"),
      "-CAcreateserial",
      "-out",
      path("answer.pem"),
    );
    const wrong = await run({ ...given, certificate: readFileSync(path("ca.pem"), "utf8") });
    t.is(wrong.results[0]?.error?.code, "validation-failed");
    t.false(existsSync(path("www.pem")));
    const answered = { ...given, certificate: readFileSync(path("answer.pem"), "utf8") };
    assertConverged(await run(answered));
    t.is(
      readFileSync(path("bundle.pem"), "utf8"),
      readFileSync(path("www.pem"), "utf8") + readFileSync(path("www.key"), "utf8"),
    );
    t.is(statSync(path("bundle.pem")).mode & 0o7777, 0o600);
    t.is((await run(answered)).executions, 1);
    t.deepEqual(await changes({ ...answered, names: ["other.test"] }), ["request: for /CN=www.rack.test"]);
    writeFileSync(path("bundle.pem"), "by hand\n");
    t.deepEqual(await changes(answered), ["bundle: of others"]);
    assertConverged(await run(answered));
  });

  test(`${name}: an empty key is made, a broken one never replaced`, async (t) => {
    const scratch = makeScratch(start(t, "openssl"));
    t.teardown(scratch.remove);
    const { path } = scratch;
    const { run } = tools(scratch);
    writeFileSync(path("www.key"), "");
    assertConverged(await run({ keyType: "ed25519" }));
    t.regex(readFileSync(path("www.key"), "utf8"), /PRIVATE KEY/);
    writeFileSync(path("www.key"), "not a key\n");
    const report = await run();
    t.is(report.results[0]?.error?.code, "resource-failed");
    t.regex(report.results[0]?.error?.message ?? "", /a key is never replaced/);
    t.is(readFileSync(path("www.key"), "utf8"), "not a key\n");
  });
}
