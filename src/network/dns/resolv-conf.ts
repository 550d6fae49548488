// The resolvers of the machine, from the text of /etc/resolv.conf.

import { isIpAddress } from "../../lib/ip-address.ts";

/** As many as the C library asks. */
const most = 3;

/** In the order of the file, without `own`, which would ask itself. */
export function resolversOf(text: string, own: string): string[] {
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const address = /^\s*nameserver\s+(\S+)/.exec(line)?.[1];
    // The interface of a link-local address follows a %.
    if (address !== undefined && isIpAddress(address.split("%")[0]!) && address !== own) found.push(address);
  }
  return found.slice(0, most);
}
