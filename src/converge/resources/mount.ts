import { z } from "zod";
import { declare } from "../declare.ts";
import { producersOf } from "../device.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { unitText } from "../systemd-words.ts";
import { deviceNodeOf, unitNameOf } from "../unit-name.ts";
import { absolutePath, call, foldersAbove, parentOf } from "../words.ts";
import { diffFile, readFiles, stepsOfFile, type WrittenFile } from "../written-file.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe("Where; made when it isn't there"),
    source: z
      .string()
      .regex(/^[^\s%]+$/, "must be one word")
      .optional()
      .describe(
        "What: a path below /dev, `LABEL=…`, `UUID=…`, `tmpfs`, `nas:/volume`, or a folder with the option `bind`",
      ),
    type: z
      .string()
      .regex(/^[a-z0-9._-]+$/)
      .optional()
      .describe("File system: `ext4`, `xfs`, `tmpfs`, `nfs4`, `glusterfs`, …; unless given mount(8) finds out"),
    options: z
      .array(z.string().regex(/^[^\s,%]+$/, "must be one option"))
      .default([])
      .describe("As in fstab, one a word: `noatime`, `_netdev`, `size=64m`"),
    ensure: z
      .enum(["mounted", "unmounted", "absent"])
      .default("mounted")
      .describe(
        "`mounted`: now and at boot; `unmounted`: neither, the unit stays; `absent`: no unit either. Data stays",
      ),
    hide: z
      .boolean()
      .default(false)
      .describe("Mount over a folder that isn't empty; what is in it can't be seen as long as it is mounted"),
  })
  .refine(({ ensure, source }) => ensure === "absent" || source !== undefined, {
    message: "a mount needs a source",
  });

type Mount = z.output<typeof schema>;

const networkTypes = /^(nfs4?|cifs|smb3|glusterfs|fuse\.glusterfs|ceph|fuse\.sshfs|9p)$/;
const isRemote = ({ type = "", options }: Mount) => networkTypes.test(type) || options.includes("_netdev");
const isBind = ({ options }: Mount) => options.includes("bind") || options.includes("rbind");
const targetOf = (mount: Mount) => (isRemote(mount) ? "remote-fs.target" : "local-fs.target");
const unitOf = ({ path }: Mount) => unitNameOf(path, "mount");

/** A target wants it and doesn't require it: what can't be mounted is told, and the machine comes up all the same. */
function fileOf(mount: Mount): WrittenFile {
  const { path, source = "", type, options, ensure } = mount;
  const content = unitText({
    Unit: { Description: path },
    Mount: {
      What: deviceNodeOf(source),
      Where: path,
      ...(type ? { Type: type } : {}),
      ...(options.length > 0 ? { Options: options.join(",") } : {}),
    },
    Install: { WantedBy: targetOf(mount) },
  });
  const attributes = { mode: "0644", owner: "root", group: "root" };
  const present = ensure === "absent" ? ({ ensure } as const) : ({ ensure: "present", content } as const);
  return { path: `/etc/systemd/system/${unitOf(mount)}`, ...attributes, ...present };
}

/** As proc_pid_mountinfo(5) writes it. */
const inMountinfo = (path: string) =>
  path.replaceAll(/[ \t\\]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`);

const wishOf = ({ ensure }: Mount) => (ensure === "mounted" ? "yes" : "no");

const read = (items: readonly Item<Mount>[]) =>
  [
    readFiles(items.map(({ id, desired }) => ({ id, file: fileOf(desired) }))),
    ...items.map(({ id, desired }) => {
      const { path, source = "", options } = desired;
      const checked = isBind(desired) ? "-" : deviceNodeOf(source) || "-";
      const mode = options.includes("ro") ? "ro" : "rw";
      return call(
        "mount_seen",
        id,
        inMountinfo(path),
        wishOf(desired),
        `${targetOf(desired)}.wants/${unitOf(desired)}`,
        checked,
        mode,
      );
    }),
  ].join("\n");

function diff({ desired }: Item<Mount>, seen: Seen): Change[] {
  const [enabled, mounted, source, mode] = ["enabled", "mounted", "source", "mode"].map((key) => seen.get(key));
  const wanted = wishOf(desired);
  return [
    ...diffFile(fileOf(desired), seen),
    ...(enabled === undefined ? [] : [{ property: "enabled", from: enabled, to: wanted }]),
    ...(mounted === undefined ? [] : [{ property: "mounted", from: mounted, to: wanted }]),
    ...(source === undefined ? [] : [{ property: "source", from: source, to: deviceNodeOf(desired.source ?? "") }]),
    ...(mode === undefined ? [] : [{ property: "mode", from: mode, to: mode === "ro" ? "rw" : "ro" }]),
  ];
}

function steps({ desired }: Item<Mount>, seen: Seen): Step[] {
  const { path, hide, ensure } = desired;
  const unit = unitOf(desired);
  const file = stepsOfFile(fileOf(desired));
  const words = [unit, path, inMountinfo(path)];
  if (ensure !== "mounted") {
    const off: Step = { kind: "call", function: "mount_off", words };
    const reload: Step = { kind: "run", argv: ["systemctl", "daemon-reload"] };
    return ensure === "absent" ? [off, ...file, reload] : [...file, reload, off];
  }
  const guard: Step = { kind: "call", function: "mount_guard", words: [path, inMountinfo(path), hide ? "yes" : "no"] };
  const how = seen.has("source") ? "anew" : seen.has("digest") || seen.has("mode") ? "again" : "keep";
  return [guard, ...file, { kind: "call", function: "mount_on", words: [...words, how] }];
}

/** Devices are compared by their numbers: their names are many. */
const readShell = `
mount_live() { # path as in mountinfo: $m_numbers, $m_source and $m_mode of what is mounted there last; 1: nothing
  m_numbers=
  while read -r m_1 m_2 m_device m_4 m_path m_options m_rest; do
    [ "$m_path" = "$1" ] || continue
    m_numbers=$m_device m_source=\${m_rest##*- } m_mode=\${m_options%%,*}
    m_source=\${m_source#* }; m_source=\${m_source%% *}
  done < /proc/self/mountinfo
  [ -n "$m_numbers" ]
}
mount_same() { # source: is it what mount_live saw?
  case $1 in /dev/*) ;; *) [ "$1" = "$m_source" ]; return ;; esac
  m_want=$(stat -L -c '%t:%T' -- "$1" 2>/dev/null) || return 1
  [ "$((0x\${m_want%:*})):$((0x\${m_want#*:}))" = "$m_numbers" ] || [ "$(readlink -f "$1")" = "$(readlink -f "$m_source")" ]
}
mount_seen() { # id path-as-in-mountinfo yes|no link source|- mode
  m_enabled=no
  [ ! -L "/etc/systemd/system/$4" ] || m_enabled=yes
  [ "$m_enabled" = "$3" ] || seen "$1" enabled "$m_enabled"
  if ! mount_live "$2"; then [ "$3" = no ] || seen "$1" mounted no; return 0; fi
  if [ "$3" = no ]; then seen "$1" mounted yes; return 0; fi
  [ "$5" = - ] || mount_same "$5" || { seen "$1" source "$m_source"; return 0; }
  [ "$m_mode" = "$6" ] || seen "$1" mode "$m_mode"
}
`;

const applyShell = `
mount_guard() { # path path-as-in-mountinfo hide
  if mount_live "$2" || [ "$3" = yes ] || [ ! -d "$1" ]; then return 0; fi
  for m_entry in "$1"/* "$1"/.[!.]*; do
    { [ -e "$m_entry" ] || [ -L "$m_entry" ]; } || continue
    [ "$m_entry" != "$1/lost+found" ] || continue
    echo "$1 isn't empty: mounting would hide what is in it, \${m_entry##*/} for instance. Move it away, or say hide: true"
    because device-refused
    return 1
  done
}
mount_failed() { systemctl status --no-pager -l -n 8 -- "$1" || :; return 1; }
mount_on() { # unit path path-as-in-mountinfo keep|again|anew
  systemctl daemon-reload
  if mount_live "$3"; then
    case $4 in
      anew) systemctl stop -- "$1"; ! mount_live "$3" || umount "$2" ;;
      again) systemctl reload -- "$1" || mount_failed "$1" ;;
    esac
  fi
  systemctl enable -- "$1"
  if ! mount_live "$3"; then
    mkdir -p "$2"
    systemctl reset-failed -- "$1" 2>/dev/null || :
    systemctl start -- "$1" || mount_failed "$1"
  fi
  mount_live "$3" || { echo "$2 isn't mounted, although its unit started"; return 1; }
}
mount_off() { # unit path path-as-in-mountinfo
  systemctl disable -- "$1" 2>/dev/null || :
  if mount_live "$3"; then
    systemctl stop -- "$1" || mount_failed "$1"
    ! mount_live "$3" || umount "$2"
  fi
}
`;

export const mountType = defineType({
  name: "mount",
  summary:
    "A file system that is mounted now and at boot, by a unit of systemd: also where fstab is ignored, as in containers.",
  example: 'mount("/srv/www", { source: "/dev/data/www", type: "ext4", options: ["noatime"] })',
  schema,
  titleKey: "path",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: ({ path, source = "" }) => [
    ...foldersAbove(path),
    ...(path === "/" ? [] : [`mount[${parentOf(path)}]`]),
    `filesystem[${source}]`,
    ...(source.startsWith("/dev/") ? producersOf(source) : source.startsWith("/") ? [`directory[${source}]`] : []),
  ],
  claims: (mount) => ({ whole: [`path:${fileOf(mount).path}`, `mount point:${mount.path}`] }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** A mounted file system: `mount("/srv/www", { source: "LABEL=www", type: "xfs" })`. */
export const mount = declare({ name: "mount", schema, titleKey: "path" });
