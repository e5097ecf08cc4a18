import { quoteSh } from "../../transport/quote.ts";
import { type Brick, type Volume, volumeOf } from "./gluster-volume.ts";
import type { Carried, Probe } from "./probe.ts";

/** gluster(8). A client's host has the command but no volumes of its own. XML goes on one line, so that a line is an answer. */
const script = `command -v gluster >/dev/null 2>&1 || exit 0
if ! p_volumes=$(gluster --mode=script volume list 2>&1); then
  for p_trace in /var/lib/glusterd/vols/*; do
    [ ! -e "$p_trace" ] || { printf '%s\\n' "$p_volumes" >&2; exit 1; }
  done
  exit 0
fi
case $p_volumes in '' | 'No volumes present'*) exit 0 ;; esac
p_id=$(gluster --mode=script pool list | awk '$2 == "localhost" { print $1 }')
[ -n "$p_id" ] || { echo 'gluster does not tell who this host is' >&2; exit 1; }
printf 'self %s\\n' "$p_id"
p_ask() { # mark volume arguments
  p_mark=$1 p_volume=$2; shift 2
  p_xml=$(gluster --mode=script --xml volume "$@") || [ -n "$p_xml" ] || return 1
  printf '%s %s %s\\n' "$p_mark" "$p_volume" "$(printf '%s' "$p_xml" | tr '\\n\\t' '  ')"
}
for p_name in $p_volumes; do
  p_ask info "$p_name" info "$p_name" || exit 1
  case $p_xml in *'<statusStr>Started<'*) ;; *) continue ;; esac
  p_ask status "$p_name" status "$p_name" || exit 1
  p_ask heal "$p_name" heal "$p_name" info summary || exit 1
done`;

/** Volumes with a brick on this host. */
export const gluster: Probe = {
  name: "gluster",
  label: "GlusterFS volumes",
  limitSeconds: 120,
  script: () => script,
  parse: (lines) => {
    const answers = lines.map((line) => {
      const [, mark = "", name = "", xml = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
      return { mark, name, xml };
    });
    const self = answers.find(({ mark }) => mark === "self")?.name;
    if (self === undefined) throw new Error("gluster doesn't tell who this host is");
    const of = (mark: string, name: string) => answers.find((one) => one.mark === mark && one.name === name)?.xml;
    const volumes = answers
      .filter(({ mark }) => mark === "info")
      .map(({ name, xml }) => volumeOf({ info: xml, status: of("status", name), heal: of("heal", name), self }));
    return { carried: volumes.filter(({ bricks }) => bricks.some(({ own }) => own)).map(carried) };
  },
};

function carried(volume: Volume): Carried {
  const { name, bricks, type } = volume;
  const online = bricks.filter((brick) => brick.online).length;
  const pending = bricks.reduce((sum, brick) => sum + (brick.pending ?? 0), 0);
  const detail = volume.started
    ? `${type}, ${online} of ${bricks.length} bricks up${volume.heals ? `, ${pending} entries to heal` : ""}`
    : `${type}, stopped`;
  const holdsBack = volume.started ? reason(volume) : undefined;
  return {
    kind: "filesystem",
    name: `volume ${name}`,
    detail,
    ...(holdsBack === undefined ? {} : { holdsBack }),
    ...(volume.started && volume.heals
      ? { drain: untilHealed(name, ":"), undrain: untilHealed(name, "systemctl start glusterd || exit 1") }
      : {}),
  };
}

const names = (bricks: readonly Brick[]) => bricks.map(({ name }) => name).join(", ");

/** The first reason why this host's bricks mustn't go now. */
function reason({ bricks, sets, spare, heals }: Volume): string | undefined {
  const dead = bricks.filter(({ own, online }) => !own && !online);
  if (dead.length > 0) return `bricks of others are down: ${names(dead)}`;
  if (!heals) return "each file is on one brick only: those of this host would be gone";
  const broken = bricks.filter(({ splitBrain }) => (splitBrain ?? 0) > 0);
  if (broken.length > 0) return `split-brain on ${names(broken)}`;
  const unasked = bricks.filter(({ pending, own, online }) => pending === undefined && (online || !own));
  if (unasked.length > 0) return `what is to heal isn't known of ${names(unasked)}`;
  const pending = bricks.filter((brick) => (brick.pending ?? 0) > 0);
  if (pending.length > 0) return `entries are still to be healed on ${names(pending)}`;
  const alone = sets.find((set) => set.filter(({ own }) => own).length > spare);
  return alone ? `too many bricks of one set are on this host: ${names(alone.filter(({ own }) => own))}` : undefined;
}

/**
 * A brick that can't be reached has no number, which isn't 0: only as many zeros as bricks are an end. The power takes the
 * bricks themselves; before it does, the others must have everything, and afterwards this host must have what it missed.
 */
const untilHealed = (name: string, before: string) => `(
p_volume=${quoteSh(name)} p_left=300 p_bricks= p_healed=
${before}
while :; do
  p_heal=$(gluster --mode=script --xml volume heal "$p_volume" info summary 2>/dev/null)
  p_bricks=$(printf '%s\n' "$p_heal" | grep -c '<brick ')
  p_healed=$(printf '%s\n' "$p_heal" | grep -c '<totalNumberOfEntries>0<')
  [ "$p_bricks" -eq 0 ] || [ "$p_bricks" -ne "$p_healed" ] || exit 0
  [ "$p_left" -gt 0 ] || { echo "$p_volume: $p_healed of $p_bricks bricks have nothing to heal" >&2; exit 1; }
  p_left=$((p_left - 1)); sleep 5
done
) </dev/null`;
