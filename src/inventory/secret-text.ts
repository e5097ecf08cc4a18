import { z } from "zod";
import { Secret } from "../secret.ts";
import { SealedSecret } from "./sealed.ts";

/**
 * Text that nobody may see: as `!secret` in the inventory, or plain. It comes out as {@link Secret} either way. Roles use
 * it for parameters: `password: secretText().describe("…")`; only such a parameter takes a `!secret`.
 *
 * @param problem what is wrong with the text, without the text itself; asked only once the secret is open
 */
export const secretText = (problem: (text: string) => string | undefined = () => undefined) =>
  z
    .custom<string | Secret>()
    .transform((given, context): Secret => {
      if (typeof given !== "string" && !(given instanceof Secret)) {
        context.issues.push({ code: "invalid_type", expected: "string", input: given });
        return z.NEVER;
      }
      const secret = typeof given === "string" ? new Secret(given) : given;
      const message = secret instanceof SealedSecret ? undefined : problem(secret.reveal());
      if (message !== undefined) context.issues.push({ code: "custom", message, input: undefined });
      return secret;
    })
    .meta({ secret: true });
