import type { CliCommand } from "../command.ts";
import { apply } from "./apply.ts";
import { bmcIdentify, bmcPing, bmcPower, bmcStatus } from "./bmc.ts";
import { cancel } from "./cancel.ts";
import { catalogue } from "./catalogue.ts";
import { demo } from "./demo.ts";
import { diskDrill } from "./disk-drill.ts";
import { diskAbort, diskAnswer, diskLocate } from "./disk-hands.ts";
import { diskReplace } from "./disk-replace.ts";
import { diskStatus } from "./disk-status.ts";
import { diskWatch } from "./disk-watch.ts";
import { doctor } from "./doctor.ts";
import { drift } from "./drift.ts";
import { explain } from "./explain.ts";
import { facts } from "./facts.ts";
import { forget } from "./forget.ts";
import { history } from "./history.ts";
import { imageBuild } from "./image-build.ts";
import { inventoryCheck } from "./inventory-check.ts";
import { inventoryShow } from "./inventory-show.ts";
import { labDown, labStatus, labUp } from "./lab.ts";
import { labInsert, labPull } from "./lab-bays.ts";
import { labConsole } from "./lab-console.ts";
import { node } from "./node.ts";
import { plan } from "./plan.ts";
import { render } from "./render.ts";
import { report } from "./report.ts";
import { resources } from "./resources.ts";
import { roleNew } from "./role-new.ts";
import { rollback } from "./rollback.ts";
import { runs } from "./runs.ts";
import { secretEncrypt, secretInit, secretRekey } from "./secret.ts";
import { serve } from "./serve.ts";
import { status } from "./status.ts";
import { test } from "./test.ts";
import { verify } from "./verify.ts";

/** Every command, in the order in which help shows them. */
export const commands: readonly CliCommand[] = [
  demo,
  node,
  status,
  history,
  cancel,
  forget,
  plan,
  apply,
  verify,
  catalogue,
  facts,
  drift,
  diskStatus,
  diskReplace,
  diskAnswer,
  diskAbort,
  diskLocate,
  diskWatch,
  diskDrill,
  runs,
  report,
  rollback,
  test,
  roleNew,
  inventoryCheck,
  inventoryShow,
  explain,
  secretInit,
  secretEncrypt,
  secretRekey,
  render,
  resources,
  imageBuild,
  labUp,
  labDown,
  labStatus,
  labConsole,
  labPull,
  labInsert,
  bmcPing,
  bmcStatus,
  bmcPower,
  bmcIdentify,
  serve,
  doctor,
];
