import type { Pool } from "../../disks.ts";
import { btrfsKeeper } from "./btrfs.ts";
import { hpeKeeper } from "./hpe.ts";
import type { Keeper } from "./keeper.ts";
import { megaraidKeeper } from "./megaraid.ts";
import { zfsKeeper } from "./zfs.ts";

export const keepers: Readonly<Record<Pool["kind"], Keeper>> = {
  zfs: zfsKeeper,
  btrfs: btrfsKeeper,
  megaraid: megaraidKeeper,
  hpe: hpeKeeper,
};
