// Ranges of addresses that the machine uses already, from what `ip -j route` prints. Pure. A range of the cluster that is also that
// of a LAN would cut the machine off from a part of it.

import { parseSubnet, type Subnet, subnetsOverlap } from "../../lib/subnet.ts";

export interface Overlap {
  /** A range of the machine, such as 10.210.3.0/24. */
  readonly route: string;
  readonly interface: string;
  readonly range: string;
  /** True when the route lies in the range: it would win for its part, and tasks there would not be reached. */
  readonly inside: boolean;
}

interface ListedRoute {
  dst: string;
  dev?: string;
  protocol?: string;
}

/** `own`: interfaces of Podling. Routes of tunnels carry its mark. Throws if the text is not what ip prints. */
export function overlapsOf(
  listing: string,
  ranges: readonly string[],
  own: ReadonlySet<string>,
  mark: number,
): Overlap[] {
  const found: Overlap[] = [];
  for (const { dst, dev = "", protocol } of JSON.parse(listing || "[]") as ListedRoute[]) {
    const route = dst === "default" || dst.includes(":") ? null : parseSubnet(dst.includes("/") ? dst : `${dst}/32`);
    if (route === null || own.has(dev) || protocol === String(mark)) continue;
    for (const range of ranges) {
      const wanted = parseSubnet(range)!;
      if (subnetsOverlap(route, wanted))
        found.push({ route: dst, interface: dev, range, inside: isInside(route, wanted) });
    }
  }
  return found;
}

function isInside(route: Subnet, range: Subnet): boolean {
  return route.size <= range.size;
}

export function overlapText({ route, interface: name, range, inside }: Overlap): string {
  const what = inside
    ? "so tasks with addresses there could not be reached"
    : "a part of which would no longer be reached";
  return `this machine has a route to ${route} (${name}), which overlaps the range ${range} of the cluster, ${what}`;
}
