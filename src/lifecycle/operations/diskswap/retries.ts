/** For steps that find by looking how far they have come: a host that doesn't answer for a moment is asked again. */
export const lostRetries = { times: 3, backoffMs: 5000 } as const;
