import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linesFile, newPackages } from "./workload.ts";

const cache = "/var/cache/provision-dev";
const base = join(cache, "containers/base");
const basePackages = "systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,curl,ca-certificates,netbase,tzdata";

/** What the peers need on a host. None of it is for provision, and none of it is timed. */
const peersNeed = ["python3-minimal", "python3-apt", "puppet", "puppet-module-puppetlabs-stdlib"];

const recipe = JSON.stringify([basePackages, peersNeed, newPackages, 3]);

/**
 * The root file system of the bench's hosts, lowest last, made once and kept: Debian 12 with systemd and sshd, what
 * Ansible and Puppet need there, and an archive on the host itself with the packages that are going to be installed.
 */
export function hostLayers(say: (line: string) => void): readonly string[] {
  const kept = join(cache, "bench", createHash("sha256").update(recipe).digest("hex").slice(0, 12));
  if (!existsSync(base)) {
    say("making the hosts' root file system (once; minutes)");
    mkdirSync(join(cache, "containers"), { recursive: true });
    execFileSync("mmdebstrap", ["--variant=minbase", `--include=${basePackages}`, "bookworm", `${base}.new`]);
    renameSync(`${base}.new`, base);
  }
  if (!existsSync(kept)) {
    say("installing Python and Puppet into a layer for the hosts, and fetching the packages (once; minutes)");
    makeLayer(kept);
  }
  return [kept, base];
}

function makeLayer(kept: string): void {
  const draft = `${kept}.${process.pid}`;
  const [upper, work, root] = ["up", "wk", "root"].map((name) => join(draft, name)) as [string, string, string];
  for (const folder of [upper, work, root]) mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "overlay", "overlay", "-o", `lowerdir=${base},upperdir=${upper},workdir=${work}`, root]);
  try {
    const inside = ["-q", "-D", root, "--register=no", "--keep-unit", "--pipe", "--resolv-conf=copy-host"];
    execFileSync("systemd-nspawn", [...inside, "sh", "-eux"], {
      input: layerScript,
      stdio: ["pipe", "ignore", "pipe"],
    });
    archive(root);
    execFileSync("chroot", [root, "apt-get", "update", "-q"], { stdio: "ignore" });
  } finally {
    execFileSync("umount", [root]);
  }
  renameSync(upper, kept);
  rmSync(draft, { recursive: true, force: true });
}

const layerScript = `export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
apt-get update -q
apt-get install -y -q --no-install-recommends ${peersNeed.join(" ")}
apt-get clean
apt-get install -y -q --no-install-recommends --download-only ${newPackages.join(" ")}
mkdir -p /srv/debs
mv /var/cache/apt/archives/*.deb /srv/debs/
rm -rf /var/lib/apt/lists /var/cache/apt/*.bin /usr/sbin/policy-rc.d /var/log/apt /etc/resolv.conf
rm -f /etc/machine-id; : > /etc/machine-id
systemctl disable puppet.service || :
for n in $(seq 40); do echo "# line $n of a file that belongs to nobody"; done > ${linesFile}
`;

/** A flat repository (sources.list(5)), so that no engine waits for a network. */
function archive(root: string): void {
  const folder = join(root, "srv/debs");
  const index = execFileSync("apt-ftparchive", ["packages", "."], { cwd: folder });
  writeFileSync(join(folder, "Packages"), index);
  writeFileSync(join(root, "etc/apt/sources.list"), "deb [trusted=yes] file:/srv/debs ./\n");
  const extra = join(root, "etc/apt/sources.list.d");
  for (const name of existsSync(extra) ? readdirSync(extra) : []) rmSync(join(extra, name));
}
