import { type Act, act, call } from "./act.ts";
import { bootShell } from "./boot-shell.ts";

export interface EspCopy {
  readonly serial: string;
  readonly partition: number;
  readonly fromSerial: string;
  readonly fromPartition: number;
}

/**
 * An EFI system partition with all that is on the survivor's: one FAT per disk, made only where there is none. Prints
 * `made NAME` or `kept NAME`, then `copied` or `same`, and `uuid UUID` for fstab.
 */
export function makeEsp({ serial, partition, fromSerial, fromPartition }: EspCopy): Act {
  return act({
    name: "making the EFI system partition",
    limitMs: 120_000,
    shell: [bootShell],
    body: `
${call("d_place", fromSerial, fromPartition)}
e_from=$d_dev
b_fat "$e_from" || refuse no-esp "the survivor's partition $e_from holds no FAT"
${call("d_place", serial, partition)}
e_to=$d_dev
[ "$e_to" != "$e_from" ] || refuse same-disk "$e_to can't be copied to itself"
b_esp "$e_to" || refuse no-esp "$e_to isn't an EFI system partition"
if b_fat "$e_to"; then say kept "$e_to"
else
  e_holds=$(blkid -p -o export -- "/dev/$e_to" 2>/dev/null | sed -n 's/^TYPE=//p')
  [ -z "$e_holds" ] || refuse partition-not-blank "$e_to holds $e_holds"
  u_free "$e_to" "the partition $e_to"
  d_bytes "$e_to"
  if [ "$d_size" -ge 67108864 ]; then must mkfs.vfat -F 32 -n EFI "/dev/$e_to"; else must mkfs.vfat -n EFI "/dev/$e_to"; fi
  settle
  say made "$e_to"
fi
b_copy "$e_from" "$e_to"
say "$b_copied"
b_leave
say uuid "$(blkid -p -s UUID -o value -- "/dev/$e_to")"`,
  });
}
