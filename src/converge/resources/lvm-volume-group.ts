import { z } from "zod";
import { declare } from "../declare.ts";
import { deviceGuards, deviceShell, deviceWord, producersOf } from "../device.ts";
import { lvmShell } from "../lvm-shell.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import { call } from "../words.ts";

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/, "must be a volume group's name")
    .describe("Below /dev, as in /dev/data/www"),
  devices: z
    .array(deviceWord)
    .min(1)
    .describe("Its physical volumes; each must hold nothing when it is added. Others that it has stay in it"),
});

type Group = z.output<typeof schema>;

const read = (items: readonly Item<Group>[]) =>
  [
    "lvm_volume_group_load",
    ...items.map(({ id, desired: { name, devices } }) => call("lvm_volume_group_seen", id, name, ...devices)),
  ].join("\n");

function diff({ desired: { devices } }: Item<Group>, seen: Seen): Change[] {
  if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }];
  const missing = seen.get("missing");
  return missing === undefined
    ? []
    : [
        {
          property: "devices",
          from: devices.filter((one) => !missing.split(" ").includes(one)).join(" "),
          to: devices.join(" "),
        },
      ];
}

const readShell = `
lvm_volume_group_load() {
  lvm_report pvs vg_name,pv_name
  g_members=$nl
  while IFS='|' read -r g_group g_device; do
    [ -z "$g_device" ] || g_members="$g_members$g_group $(readlink -f "$g_device")$nl"
  done <<TOLD
$lvm_told
TOLD
}
lvm_volume_group_seen() { # id name devices
  g_id=$1 g_name=$2 g_missing=
  shift 2
  case $g_members in *"$nl$g_name "*) ;; *) seen "$g_id" absent yes; return 0 ;; esac
  for g_word in "$@"; do
    device_of "$g_word" || v_dev=none
    case $g_members in *"$nl$g_name $v_dev$nl"*) ;; *) g_missing="$g_missing $g_word" ;; esac
  done
  [ -z "$g_missing" ] || seen "$g_id" missing "\${g_missing# }"
}
`;

/** vgcreate makes physical volumes by itself, and asks before it overwrites: nobody answers it. */
const applyShell = `
lvm_volume_group_make() { # name devices
  g_name=$1 g_new=
  shift
  lvm_volume_group_load
  for g_word in "$@"; do
    device_await "$g_word"
    case $g_members in
      *"$nl$g_name $v_dev$nl"*) continue ;;
      *"$nl $v_dev$nl"*) ;;
      *) device_blank "$v_dev" "$g_word" ;;
    esac
    g_new="$g_new $v_dev"
  done
  [ -n "$g_new" ] || return 0
  case $g_members in
    *"$nl$g_name "*) vgextend -q "$g_name" $g_new ;;
    *) vgcreate -q "$g_name" $g_new ;;
  esac
  device_settle
}
`;

export const lvmVolumeGroupType = defineType({
  name: "lvm_volume_group",
  summary: "A volume group of LVM over empty devices; it grows by more of them, and never loses one.",
  example: 'lvmVolumeGroup("data", { devices: ["/dev/md/data"] })',
  schema,
  titleKey: "name",
  shell: { read: [deviceShell, lvmShell, readShell], apply: [deviceGuards, applyShell] },
  read,
  diff,
  steps: ({ desired: { name, devices } }) => [
    { kind: "call", function: "lvm_volume_group_make", words: [name, ...devices] },
  ],
  autoRequire: ({ devices }) => ["package[lvm2]", ...devices.flatMap(producersOf)],
  claims: ({ name, devices }) => ({
    whole: [`volume group:${name}`, ...devices.map((device) => `content of device:${device}`)],
  }),
});

/** A volume group: `lvmVolumeGroup("data", { devices: ["S3YANX0A0001-part3"] })`. */
export const lvmVolumeGroup = declare({ name: "lvm_volume_group", schema, titleKey: "name" });
