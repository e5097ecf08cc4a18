/** What real BMCs do wrong. Knobs that a test may turn while the simulated BMC runs. */
export interface BmcFaults {
  /** Hears, does nothing, says nothing. */
  silent?: boolean;
  /** Doesn't hear so many packets; counts down. */
  deafForPackets?: number;
  /** Loses every nth packet, counted over both directions. */
  dropEvery?: number;
  /** Says each thing twice. */
  duplicateReplies?: boolean;
  /** Tells this, whatever the chassis does. */
  reportPower?: "on" | "off";
  /** Says yes to new boot flags and doesn't keep them. */
  forgetBootDevice?: boolean;
  /** Puts maximum privilege 0 into its Open Session Response, as some firmware does. */
  privilegeZero?: boolean;
  /** Tells a user's privilege limit not at the login, but when the session asks for more. */
  limitsLate?: boolean;
  /** Has no cipher suite but 0: refuses others, or answers them with suite 0. */
  onlySuiteZero?: "refuses" | "downgrades";
  /** Answers "busy" (0xc0) to so many commands within a session; counts down. */
  busyForCommands?: number;
}

export interface Line {
  /** Does a packet in this direction get lost? */
  loses(direction: "in" | "out"): boolean;
}

/** A network line that loses packets as the knobs say. */
export function createLine(faults: BmcFaults): Line {
  let packets = 0;
  return {
    loses: (direction) => {
      packets += 1;
      if (faults.silent) return true;
      if (direction === "in" && (faults.deafForPackets ?? 0) > 0) {
        faults.deafForPackets = (faults.deafForPackets ?? 0) - 1;
        return true;
      }
      return faults.dropEvery !== undefined && packets % faults.dropEvery === 0;
    },
  };
}
