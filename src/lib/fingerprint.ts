// A short name for a text: equal texts have equal ones. It tells texts apart that differ by accident, and protects nothing.

/** 16 hexadecimal digits (two passes of a 32-bit multiplicative hash). */
export function fingerprint(text: string): string {
  return [hash(text, 0x811c9dc5), hash(text, 0x9e3779b9)].map((half) => half.toString(16).padStart(8, "0")).join("");
}

function hash(text: string, seed: number): number {
  let mixed = seed;
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
