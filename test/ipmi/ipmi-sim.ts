import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { IpmiClient, type IpmiClientOptions } from "../../src/ipmi/client.ts";
import { getDeviceId } from "../../src/ipmi/commands/get-device-id.ts";
import { silentLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";

/** OpenIPMI's BMC simulator, a process by other people: user admin, password secret, suites 0–3. */
export interface IpmiSim {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** What it told its machine: "power 1", "boot pxe". */
  noted(): string[];
  /** A client of ours for it. */
  client(options?: Partial<IpmiClientOptions>): IpmiClient;
  stop(): Promise<void>;
}

const ADDRESS = "127.0.77.62";
const PROGRAM = "/usr/bin/ipmi_sim";

export async function startIpmiSim(): Promise<IpmiSim> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: apt-get install openipmi`);
  const folder = mkdtempSync(join(tmpdir(), `provision-ipmi-sim-${process.pid}-`));
  const port = await freePort();
  writeFileSync(join(folder, "chassis.sh"), chassisScript(folder), { mode: 0o755 });
  writeFileSync(join(folder, "lan.conf"), lanConf(folder, port));
  writeFileSync(join(folder, "sim.emu"), emulation);
  const files = ["-c", join(folder, "lan.conf"), "-f", join(folder, "sim.emu"), "-s", join(folder, "state")];
  const child = spawn(PROGRAM, ["-n", "-p", ...files], { stdio: "ignore" });
  const client = (options: Partial<IpmiClientOptions> = {}) => clientFor(port, options);
  try {
    await untilUp(client);
  } catch (thrown) {
    await end(child, folder);
    throw thrown;
  }
  return {
    address: ADDRESS,
    port,
    pid: child.pid as number,
    noted: () => read(join(folder, "noted")).split("\n").filter(Boolean),
    client,
    stop: () => end(child, folder),
  };
}

function clientFor(port: number, options: Partial<IpmiClientOptions>): IpmiClient {
  return new IpmiClient({
    bmc: { name: "web01", address: ADDRESS, port },
    user: "admin",
    password: new Secret("secret"),
    firstTimeoutMs: 300,
    clock: systemClock,
    log: silentLog,
    ...options,
  });
}

/** It binds its socket some time after it was started. */
async function untilUp(client: IpmiSim["client"]): Promise<void> {
  const probe = client({ firstTimeoutMs: 200, attempts: 9 });
  await probe.run(getDeviceId, undefined).finally(() => probe.close());
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  child.kill("SIGKILL");
  await gone;
  rmSync(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  const bound = once(socket, "listening");
  socket.bind(0, ADDRESS);
  await bound;
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

const emulation = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`;

const auths = "none md2 md5 straight";

const lanConf = (folder: string, port: number) => `name "web01"
set_working_mc 0x20
  startlan 1
    addr ${ADDRESS} ${port}
    priv_limit admin
    allowed_auths_callback ${auths}
    allowed_auths_user ${auths}
    allowed_auths_operator ${auths}
    allowed_auths_admin ${auths}
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${folder}/chassis.sh web01"
  user 1 true  ""      ""       user  10 ${auths}
  user 2 true  "admin" "secret" admin 10 ${auths}
`;

/** It calls this as "get power boot" and "set power 1". */
const chassisScript = (folder: string) => `#!/bin/sh
cd ${folder}; shift; op=$1; shift
case $op in
get) for what in "$@"; do case $what in
  power) echo "power:$(cat power 2>/dev/null || echo 0)";;
  boot) echo "boot:$(cat boot 2>/dev/null || echo default)";;
  *) echo "$what:0";; esac; done;;
set) while [ $# -ge 2 ]; do echo "$1 $2" >> noted; case $1 in
  power) echo "$2" > power;;
  boot) echo "$2" > boot;; esac; shift 2; done;;
esac; exit 0
`;
