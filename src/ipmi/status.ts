/** RMCP+ status codes, IPMI 2.0 §13.24, table 13-15. */
export const rmcpStatus = {
  ok: 0x00,
  noResources: 0x01,
  invalidSessionId: 0x02,
  invalidAuthentication: 0x04,
  invalidIntegrity: 0x05,
  invalidRole: 0x09,
  unauthorizedRole: 0x0a,
  noResourcesForRole: 0x0b,
  invalidNameLength: 0x0c,
  unauthorizedName: 0x0d,
  invalidCheckValue: 0x0f,
  invalidConfidentiality: 0x10,
  noSuiteMatch: 0x11,
  illegalParameter: 0x12,
} as const;

const rmcpWords: Readonly<Record<number, string>> = {
  1: "no free session",
  2: "it does not know the session",
  3: "invalid payload type",
  4: "invalid authentication algorithm",
  5: "invalid integrity algorithm",
  6: "no matching authentication",
  7: "no matching integrity",
  8: "the session is inactive",
  9: "invalid role",
  10: "role not allowed",
  11: "no free session for this role",
  12: "invalid length of the user's name",
  13: "unknown user",
  14: "GUID not accepted",
  15: "a check value does not match",
  16: "invalid confidentiality algorithm",
  17: "no matching cipher suite",
  18: "illegal parameter",
};

export function describeRmcpStatus(status: number): string {
  return rmcpWords[status] ?? `status 0x${status.toString(16)}`;
}

/** Generic completion codes, §5.2, table 5-2: those that our halves send or act upon. */
export const completion = {
  ok: 0x00,
  busy: 0xc0,
  invalidCommand: 0xc1,
  timeout: 0xc3,
  outOfSpace: 0xc4,
  dataLength: 0xc7,
  invalidField: 0xcc,
  initializing: 0xd2,
  insufficientPrivilege: 0xd4,
  wrongState: 0xd5,
  unspecified: 0xff,
} as const;

const completionWords: Readonly<Record<number, string>> = {
  192: "busy",
  193: "it does not have this command",
  195: "it timed out itself",
  196: "out of space",
  199: "wrong length of data",
  201: "parameter out of range",
  204: "invalid field",
  210: "it is starting up",
  211: "destination unavailable",
  212: "the user's privilege is too low",
  213: "not possible in the present state",
  214: "switched off in its settings",
  255: "unspecified error",
};

export function describeCompletion(code: number): string {
  return completionWords[code] ?? "unknown reason";
}

/** Refusals that pass by themselves. */
export function isTemporary(code: number): boolean {
  const passing: readonly number[] = [
    completion.busy,
    completion.timeout,
    completion.outOfSpace,
    completion.initializing,
  ];
  return passing.includes(code);
}
