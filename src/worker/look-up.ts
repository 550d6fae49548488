// Finds the IP address of a host name, as this machine resolves it.

import { lookup } from "node:dns/promises";

/** Null if the name has no address. */
export async function lookUpHost(host: string): Promise<string | null> {
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch {
    return null;
  }
}
