import { systemClock } from "../../src/clock.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { Secret } from "../../src/secret.ts";
import { connectSsh } from "../../src/transport/ssh.ts";
import { compileBench } from "./role.ts";
import { workload } from "./workload.ts";

const [host = "", hostKey = ""] = process.argv.slice(2);
const privateKey = new Secret(process.env.BENCH_KEY ?? "");
const shell = await connectSsh({
  host,
  port: 22,
  user: "root",
  privateKey,
  hostKey,
  timeoutMs: 20_000,
  clock: systemClock,
});
const plan = await planCatalogue(compileBench(workload(100)), shell);
console.log(`${plan.planned.length} changes`);
await shell.close();
