// Tells whether an address of a node is on the machine of this command.

import { isLoopback } from "../../lib/ip-address.ts";

/** A loopback address is that of the master's machine, because the master has noted where the worker connects from. */
export function isHere(address: string, masterUrl: string, ownAddresses: readonly string[]): boolean {
  const isOwn = (host: string) => isLoopback(host) || ownAddresses.includes(host);
  if (!isLoopback(address)) return ownAddresses.includes(address);
  return isOwn(new URL(masterUrl).hostname.replace(/^\[|\]$/g, ""));
}
