import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import {
  answerKinds,
  compileAnswers,
  renderAnswer,
  type TemplateName,
  templateFiles,
} from "../../../src/boot/render/answer.ts";
import { ProvisionError } from "../../../src/errors.ts";
import { Secret } from "../../../src/secret.ts";
import { hostile, withControls } from "./hostile.ts";
import {
  type Firmware,
  kindOf,
  type Layout,
  machine,
  type Os,
  oses,
  site,
  templates,
  templateTexts,
} from "./machines.ts";
import { answerTo, autoinstallOf, sections } from "./pieces.ts";
import { sandbox } from "./sandbox.ts";

const layouts: readonly Layout[] = ["raid1", "raid1-lvm", "single"];
const everything = (Object.keys(oses) as Os[]).flatMap((os) =>
  layouts.flatMap((layout) => (["bios", "uefi"] as Firmware[]).map((firmware) => ({ os, layout, firmware }))),
);
const kindsOf = (os: Os) => [...new Set([kindOf[os], "ipxe", "grub"] as const)];

test("secrets are masked by their type everywhere, and there when revealed", (t) => {
  for (const variant of everything) {
    for (const kind of kindsOf(variant.os)) {
      const request = machine(kind, variant);
      t.notRegex(renderAnswer(templates, request), /canary/, `${kind} of ${variant.os}`);
      t.regex(renderAnswer(templates, { ...request, reveal: true }), /boot\/canarytoken/);
    }
  }
  const guest = renderAnswer(templates, { ...machine("kickstart", { os: "rhel9" }), reveal: true });
  t.true(guest.includes("--password='$6$salt$canaryhash'"));
});

test("no answer holds an unfinished template, `undefined` or `[object`", (t) => {
  for (const variant of everything) {
    for (const kind of kindsOf(variant.os))
      t.notRegex(renderAnswer(templates, machine(kind, variant)), /<%|%>|undefined|\[object|NaN/);
  }
});

/** Runs a foreign program on a text; says plainly if it isn't installed. */
function check(command: string, args: readonly string[], input?: string): { status: number | null; output: string } {
  const { error, status, stdout, stderr } = spawnSync(command, args, { input, encoding: "utf8" });
  if (error) throw new Error(`${command} is needed for this test (${error.message})`);
  return { status, output: `${stdout}${stderr}` };
}

test("debconf-set-selections finds every preseed well formed, hostile words and all", (t) => {
  const debians = everything.filter(({ os }) => kindOf[os] === "preseed");
  const answers = debians.map((variant) => renderAnswer(templates, machine("preseed", variant)));
  const spoiled = hostile.map((text) => renderAnswer(templates, spoilt("debian12", text)));
  const checkAll = (texts: readonly string[]) => check("debconf-set-selections", ["--checkonly"], texts.join("\n"));
  t.deepEqual(checkAll([...answers, ...spoiled]), { status: 0, output: "" });
  t.not(checkAll(["d-i only-two\n"]).status, 0, "it does find mistakes");
  for (const question of ["preseed/early_command", "partman/early_command", "preseed/late_command"]) {
    const commands = answers.map((text) => answerTo(text, question)).join("\n");
    t.deepEqual(check("/bin/sh", ["-n"], commands), { status: 0, output: "" }, question);
  }
});

test("grub-script-check finds every grub.cfg well formed", (t) => {
  const box = sandbox(t);
  for (const variant of everything) {
    const file = join(box.root, "grub.cfg");
    writeFileSync(file, renderAnswer(templates, machine("grub", variant)));
    t.deepEqual(check("grub-script-check", [file]), { status: 0, output: "" });
  }
});

test("every script in a kickstart and an autoinstall is shell", (t) => {
  for (const variant of everything) {
    if (kindOf[variant.os] === "kickstart") {
      const text = renderAnswer(templates, machine("kickstart", variant));
      const scripts = [...sections(text, "%pre"), ...sections(text, "%post")];
      t.is(scripts.length, 3);
      for (const one of scripts) t.deepEqual(check("/bin/sh", ["-n"], one), { status: 0, output: "" });
    }
    if (kindOf[variant.os] === "autoinstall") {
      const { autoinstall } = autoinstallOf(renderAnswer(templates, machine("autoinstall", variant)));
      const commands = [
        autoinstall["early-commands"],
        autoinstall["late-commands"],
        autoinstall["error-commands"],
      ].flat();
      for (const one of commands) t.deepEqual(check("/bin/sh", ["-n"], one), { status: 0, output: "" });
    }
  }
});

/** A machine whose every free text is this one; the inventory's schema would refuse some of them earlier. */
function spoilt(os: Os, text: string) {
  const request = machine(kindOf[os], { os });
  const [ops, guest] = request.profile.users as [(typeof request.profile.users)[0], (typeof request.profile.users)[0]];
  const users = [
    { ...ops, fullName: text, sshKeys: [`ssh-ed25519 AAAA ${text}x`] },
    { ...guest, passwordHash: new Secret(`$6$${text}x`) },
  ];
  return { ...request, profile: { ...request.profile, users }, reveal: true };
}

test("hostile texts stay texts: kickstart", (t) => {
  for (const text of hostile) {
    const lines = renderAnswer(templates, spoilt("rhel9", text))
      .split("\n")
      .filter((line) => /^(user|sshkey) /.test(line));
    const words = check("/bin/sh", ["-c", lines.map((line) => `printf '%s\\0' ${line}`).join("; ")]).output.split("\0");
    for (const word of [`--gecos=${text}`, `ssh-ed25519 AAAA ${text}x`, `--password=$6$${text}x`])
      t.true(words.includes(word), word);
  }
});

test("hostile texts stay texts: autoinstall", (t) => {
  for (const text of [...hostile, ...withControls]) {
    const { users } = autoinstallOf(renderAnswer(templates, spoilt("ubuntu2404", text))).autoinstall["user-data"];
    t.is(users[1]?.gecos, text);
    t.deepEqual(users[1]?.ssh_authorized_keys, [`ssh-ed25519 AAAA ${text}x`]);
    t.is(users[2]?.passwd, `$6$${text}x`);
  }
});

test("hostile texts stay texts: preseed, when its last command runs", (t) => {
  for (const text of hostile) {
    const answer = renderAnswer(templates, spoilt("debian12", text));
    const box = sandbox(t);
    const { status, output } = box.run(answerTo(answer, "preseed/late_command") ?? "");
    t.is(status, 0, output);
    t.true(box.read("in-target").includes(`--comment|${text}|ops|`), text);
    t.true(box.read("in-target").includes(`guest:$6$${text}x`), text);
    t.true(box.read("target/home/ops/.ssh/authorized_keys").includes(`AAAA ${text}x`.replaceAll("\\", "\\")));
  }
});

test("what can't be on a line is refused, with the template's line", (t) => {
  for (const text of withControls) {
    for (const os of ["rhel9", "debian12"] as const) {
      const error = t.throws(() => renderAnswer(templates, spoilt(os, text)), { instanceOf: ProvisionError });
      t.is(error.code, "render-unquotable");
      t.regex(error.place?.file ?? "", /^templates\/(kickstart|preseed)\//);
      t.true((error.place?.line ?? 0) > 10);
      t.notRegex(error.message, /canary|templates/);
    }
  }
});

for (const [what, argument, loaders] of [
  ["a blank", "a b", ["ipxe"]],
  ["a setting of iPXE", "a=\u0024{net0/mac}", ["ipxe"]],
  ["a line break", "a\nb", ["ipxe", "grub"]],
] as const) {
  test(`a kernel argument with ${what} is refused`, (t) => {
    for (const kind of loaders) {
      const request = machine(kind, { os: "image" });
      const error = t.throws(() =>
        renderAnswer(templates, { ...request, profile: { ...request.profile, kernelArguments: [argument] } }),
      );
      t.is((error as ProvisionError).code, "render-unquotable");
    }
  });
}

test("a template that asks for what isn't there fails with its line", (t) => {
  const broken = compileAnswers({ ...templateTexts, preseed: "one\ntwo <%- it.q.preseed(it.nmae) %>\n" });
  const error = t.throws(() => renderAnswer(broken, machine("preseed", { os: "debian12" })), {
    instanceOf: ProvisionError,
  });
  t.is(error.code, "template-undefined");
  t.deepEqual(error.place, { file: "templates/preseed/preseed.ejs", line: 2 });
});

test("a template that escapes for HTML doesn't compile", (t) => {
  const error = t.throws(() => compileAnswers({ ...templateTexts, grub: "x\n\n<%= it.name %>" }), {
    instanceOf: ProvisionError,
  });
  t.deepEqual(error.place, { file: "templates/grub/install.ejs", line: 3 });
});

test("everything printed by our templates goes through a quoting function", (t) => {
  for (const [name, text] of Object.entries(templateTexts)) {
    const printed = [...text.matchAll(/<%-(.*?)%>/gs)].map((match) => match[1]?.trim() ?? "");
    t.true(printed.length > 0 || name.endsWith("-local"), name);
    for (const one of printed) t.regex(one, /^(it\.)?q\.[a-zA-Z]+\(.*\)$/s, `${name}: ${one}`);
  }
});

test("a kind of another family is refused, and so is an image that isn't there", (t) => {
  for (const [kind, os] of [
    ["kickstart", "debian12"],
    ["preseed", "rhel9"],
    ["autoinstall", "image"],
  ] as const) {
    t.is((t.throws(() => renderAnswer(templates, machine(kind, { os }))) as ProvisionError).code, "render-family");
  }
  const { ramdisk, ...request } = machine("ipxe", { os: "image" });
  t.truthy(ramdisk);
  t.is((t.throws(() => renderAnswer(templates, request)) as ProvisionError).code, "render-no-image");
  t.notThrows(
    () => renderAnswer(templates, { ...request, kind: "preseed" }),
    "a Debian image's profile can also be shown as a preseed",
  );
});

test("the controller's own key logs in as root, once, beside the operators'", (t) => {
  const [ada] = site.operators;
  const request = {
    ...machine("kickstart", { os: "rhel9" }),
    rootKeys: ["ssh-ed25519 AAAA controller", ada?.sshKey ?? ""],
  };
  const keys = renderAnswer(templates, request)
    .split("\n")
    .filter((line) => line.startsWith("sshkey --username=root"));
  t.deepEqual(
    keys.map((line) => line.split(" ").at(-1)),
    ["controller'", "ada@desk'"],
  );
});

test("an archive of one's own, unsigned, is taken as it is; others are not", (t) => {
  const request = machine("preseed", { os: "debian12" });
  const unsigned = {
    ...site,
    packages: { repositories: { debian: { upstream: "http://mirror.test/debian", unsigned: true } } },
  };
  t.is(answerTo(renderAnswer(templates, request), "debian-installer/allow_unauthenticated"), "false");
  t.is(
    answerTo(renderAnswer(templates, { ...request, site: unsigned }), "debian-installer/allow_unauthenticated"),
    "true",
  );
});

test("all kinds and all templates are in the table", (t) => {
  for (const kind of answerKinds) t.true(kind in templateFiles);
  t.deepEqual(Object.keys(templates).toSorted(), (Object.keys(templateFiles) as TemplateName[]).toSorted());
});
