const keyTypes = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];
const longestKey = 1500;

/**
 * A public host key as `type base64`, its comment dropped; nothing if it isn't one. RFC 4253 §6.6: the blob begins with
 * the type's name once more, so that a key can't pass for one of another type; RFC 8709 §4: an Ed25519 key has 32 bytes.
 */
export function parseHostKey(line: string): string | undefined {
  const [type = "", encoded = ""] = line.trim().split(/\s+/);
  if (!keyTypes.includes(type) || line.length > longestKey || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const blob = Buffer.from(encoded, "base64");
  if (blob.toString("base64") !== encoded || blob.length < 4 + type.length + 4) return undefined;
  const named = blob.readUInt32BE(0) === type.length && blob.subarray(4, 4 + type.length).toString("latin1") === type;
  if (!named || (type === "ssh-ed25519" && blob.length !== 4 + type.length + 4 + 32)) return undefined;
  return `${type} ${encoded}`;
}
