// Writes tar archives (ustar) in memory, for a root folder that the Docker engine imports. It does not read archives or files.

const BLOCK = 512;
/** Length of the name field of a ustar header. Longer names would need the prefix field, which is not written. */
const NAME_BYTES = 100;

export type TarEntry =
  | { kind: "file"; name: string; mode: number; content: Uint8Array | string }
  | { kind: "link"; name: string; target: string }
  | { kind: "folder"; name: string; mode: number };

const TYPE = { file: "0", link: "2", folder: "5" } as const;

function header(entry: TarEntry, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const text = new TextEncoder();
  const put = (offset: number, value: string) => block.set(text.encode(value), offset);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  for (const name of [entry.name, entry.kind === "link" ? entry.target : ""]) {
    if (text.encode(name).length > NAME_BYTES) throw new Error(`the name ${name} is too long for this archive`);
  }
  put(0, entry.name);
  put(100, octal(entry.kind === "link" ? 0o777 : entry.mode, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(size, 12));
  put(136, octal(0, 12));
  put(156, TYPE[entry.kind]);
  if (entry.kind === "link") put(157, entry.target);
  put(257, "ustar\x0000");
  // The checksum counts its own eight bytes as spaces.
  put(148, " ".repeat(8));
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

export function tar(entries: TarEntry[]): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const entry of entries) {
    const content = entry.kind === "file" ? toBytes(entry.content) : new Uint8Array();
    parts.push(new Uint8Array(header(entry, content.length)), new Uint8Array(content));
    parts.push(new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts);
}

function toBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
