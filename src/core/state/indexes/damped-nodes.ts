// Nodes that are damped, and the time at which each counts as steady again.

import { fromTimestamp } from "../../../lib/clock.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Index } from "../delta.ts";
import { SortedIds } from "./sorted-ids.ts";

export class DampedNodes implements Index<NodeRecord> {
  /** Ordered by that time, in ms since the epoch. */
  readonly inOrder = new SortedIds<NodeId>();

  moved(before: NodeRecord | null, after: NodeRecord | null): void {
    const was = before && steadyAt(before);
    const is = after && steadyAt(after);
    if (was === is) return;
    if (was !== null) this.inOrder.delete(before!.nodeId);
    if (is !== null) this.inOrder.add(after!.nodeId, is);
  }
}

/** In ms since the epoch; null if it is not damped, or offline. */
export function steadyAt({ status, flapping }: NodeRecord): number | null {
  if (status === "offline" || !flapping || flapping.steadyUntil === null) return null;
  return fromTimestamp(flapping.steadyUntil);
}
