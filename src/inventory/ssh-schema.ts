import { z } from "zod";

/** How a machine's SSH server is reached. The account is root's on nodes; on machines in between it is whoever may log in. */

const port = z.int().min(1).max(65535).default(22).describe("TCP port of its SSH server");

/** One line of ssh_host_*_key.pub; a comment may stand behind. */
const hostKey = z
  .string()
  .regex(
    /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]+=*(?: [^\r\n]*)?$/,
    "must be one line as in ssh_host_ed25519_key.pub: type and key",
  );

const hop = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.:-]*$/, "must be an address or a host name")
    .describe("Its address or name, as the one before it in the list finds it"),
  port,
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_.-]{0,31}$/, "must be a Unix account name")
    .default("root")
    .describe("Account there that the controller's key may log in to"),
  hostKey: hostKey.describe("The only host key that is accepted from it"),
});

const jump = z.array(hop).describe("Machines to go through, in order, as `ssh -J` has them; [] on a node: none");

/** Of the whole site. */
export const siteSshSchema = z.strictObject({ jump: jump.default([]) });

export const nodeSshSchema = z.strictObject({
  port,
  hostKey: hostKey
    .optional()
    .describe("Of a machine that this controller didn't install; of others it knows the key from the install"),
  jump: jump.optional().describe("Instead of the site's"),
});
