/** What a simulated BMC switches. The rack implements it with a virtual machine, tests with a variable. */
export interface Chassis {
  isOn(): boolean;
  /** Only called while it is off. */
  powerOn(boot: BootOverride): Promise<void>;
  /** At once, as if the plug were pulled. */
  powerOff(): Promise<void>;
  /** Only called while it is on. */
  reset(boot: BootOverride): Promise<void>;
  /** Asks the operating system; it may take its time, or not obey. */
  softOff(): Promise<void>;
  /** The light that helps to find the machine; 0 = off. */
  identify?(seconds: number): void;
}

/** What the BMC tells the firmware for one boot; `none` = the firmware's own order. */
export interface BootOverride {
  readonly device: "none" | "pxe" | "disk" | "bios" | "cdrom";
  readonly efi: boolean;
}
