import { hostname } from "node:os";

/** Who is at the keyboard, for the history: the person behind sudo(8), not root. */
export const operator = (environment: Readonly<Record<string, string | undefined>>) =>
  `${environment.SUDO_USER ?? environment.USER ?? "root"}@${hostname()}`;
