// Sealing of bytes with AES-256-GCM: without the key a sealed text says nothing but its length, and a changed one does not open.

/** All fields are text for JSON. */
export interface Sealed {
  /** Which key it was sealed with: the beginning of a hash of the key. */
  readonly keyId: string;
  /** In base64; never used twice with one key. */
  readonly nonce: string;
  /** In base64: what was sealed, and a tag of 16 bytes that shows any change. */
  readonly text: string;
}

export const keyBytes = 32;
export const nonceBytes = 12;
const tagBytes = 16;
const algorithm = "aes-256-gcm";

/** Loaded when it is used: it loads streams, which most commands do not need. Unlike WebCrypto it is synchronous. */
const loaded = () => process.getBuiltinModule("node:crypto");

export function keyIdOf(key: Uint8Array): string {
  return loaded().createHash("sha256").update("podling key ").update(key).digest("hex").slice(0, 16);
}

/** `purpose`: what the text is for. It does not open for another one. */
export function seal(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array, purpose: string): Sealed {
  const cipher = loaded().createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(purpose));
  const text = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return { keyId: keyIdOf(key), nonce: Buffer.from(nonce).toString("base64"), text: text.toString("base64") };
}

/** Null if it was sealed with another key or for another purpose, or was changed. */
export function unseal(key: Uint8Array, { nonce, text }: Sealed, purpose: string): Uint8Array | null {
  const sealed = Buffer.from(text, "base64");
  const end = sealed.length - tagBytes;
  if (end < 0) return null;
  try {
    const decipher = loaded().createDecipheriv(algorithm, key, Buffer.from(nonce, "base64"));
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
  } catch {
    return null;
  }
}
