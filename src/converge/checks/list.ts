import { certificateCheck } from "./certificate.ts";
import { fileCheck } from "./file.ts";
import { glusterCheck } from "./gluster.ts";
import { mariadbCheck } from "./mariadb.ts";
import { mountCheck } from "./mount.ts";

/** Kinds of promises that are one question and one answer each. A new one is a file beside this and a line here. */
export const checks = {
  file: fileCheck,
  mount: mountCheck,
  mariadb: mariadbCheck,
  gluster: glusterCheck,
  certificate: certificateCheck,
} as const;
