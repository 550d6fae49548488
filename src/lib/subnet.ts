// Ranges of IPv4 addresses in CIDR notation, as numbers.

import { isIpAddress } from "./ip-address.ts";

/** The 32 bits of an address as a number. The text is one of `isIpAddress`, with four bytes. */
export function addressNumber(address: string): number {
  let number = 0;
  for (const byte of address.split(".")) number = number * 256 + Number(byte);
  return number;
}

export function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

export interface Subnet {
  /** The first address, as a number. */
  readonly first: number;
  /** How many addresses it has. */
  readonly size: number;
}

/** Null if the text is no range, or if the address is not its first one. */
export function parseSubnet(text: string): Subnet | null {
  const found = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text);
  if (!found) return null;
  const [, address, bits] = found as unknown as [string, string, string];
  if (!isIpAddress(address) || Number(bits) > 32 || String(Number(bits)) !== bits) return null;
  const size = 2 ** (32 - Number(bits));
  const first = addressNumber(address);
  return first % size === 0 ? { first, size } : null;
}

export function isInSubnet(address: string, subnet: string): boolean {
  const range = parsed(subnet);
  if (range === null) return false;
  const number = addressNumber(address);
  return number >= range.first && number < range.first + range.size;
}

export function subnetsOverlap(left: Subnet, right: Subnet): boolean {
  return left.first < right.first + right.size && right.first < left.first + left.size;
}

/** The last range that was asked for: rulesets ask for one range ten thousand times. */
let last: { text: string; range: Subnet | null } = { text: "", range: null };

function parsed(text: string): Subnet | null {
  if (last.text !== text) last = { text, range: parseSubnet(text) };
  return last.range;
}
