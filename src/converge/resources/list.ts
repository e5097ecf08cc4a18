import type { ErasedType } from "../resource.ts";
import { aptRepositoryType } from "./apt-repository.ts";
import { archiveType } from "./archive.ts";
import { authorizedKeyType } from "./authorized-key.ts";
import { blockType } from "./block.ts";
import { cronType } from "./cron.ts";
import { directoryType } from "./directory.ts";
import { execType } from "./exec.ts";
import { fileType } from "./file.ts";
import { filesystemType } from "./filesystem.ts";
import { gitType } from "./git.ts";
import { groupType } from "./group.ts";
import { hostEntryType } from "./host-entry.ts";
import { iniSettingType } from "./ini-setting.ts";
import { kernelModuleType } from "./kernel-module.ts";
import { knownHostType } from "./known-host.ts";
import { lineType } from "./line.ts";
import { linkType } from "./link.ts";
import { lvmVolumeType } from "./lvm-volume.ts";
import { lvmVolumeGroupType } from "./lvm-volume-group.ts";
import { mariadbDatabaseType } from "./mariadb-database.ts";
import { mariadbUserType } from "./mariadb-user.ts";
import { mdArrayType } from "./md-array.ts";
import { mountType } from "./mount.ts";
import { nftablesType } from "./nftables.ts";
import { packageType } from "./package.ts";
import { partitionType } from "./partition.ts";
import { serviceType } from "./service.ts";
import { sudoRuleType } from "./sudo-rule.ts";
import { swapType } from "./swap.ts";
import { sysctlType } from "./sysctl.ts";
import { systemdUnitType } from "./systemd-unit.ts";
import { templateType } from "./template.ts";
import { timerType } from "./timer.ts";
import { tlsCertificateType } from "./tls-certificate.ts";
import { userType } from "./user.ts";

/** Every kind of resource. A new one is a file beside this and a line here. */
export const resourceTypes: readonly ErasedType[] = [
  packageType,
  fileType,
  directoryType,
  linkType,
  serviceType,
  userType,
  groupType,
  authorizedKeyType,
  sysctlType,
  templateType,
  sudoRuleType,
  cronType,
  lineType,
  blockType,
  iniSettingType,
  hostEntryType,
  knownHostType,
  archiveType,
  gitType,
  execType,
  aptRepositoryType,
  systemdUnitType,
  timerType,
  kernelModuleType,
  nftablesType,
  tlsCertificateType,
  mariadbDatabaseType,
  mariadbUserType,
  partitionType,
  mdArrayType,
  lvmVolumeGroupType,
  lvmVolumeType,
  filesystemType,
  swapType,
  mountType,
];

/** The shell functions that these types bring along, each type's once. */
export function typeShell(types: readonly string[], part: "read" | "apply"): string {
  const present = new Set(types);
  const texts = resourceTypes.flatMap(({ name, shell }) => (present.has(name) ? (shell?.[part] ?? []) : []));
  return [...new Set(texts)].join("");
}
