// The nodes that are being drained.

import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Index } from "../delta.ts";

export class DrainingNodes implements Index<NodeRecord> {
  readonly ids = new Set<NodeId>();

  moved(before: NodeRecord | null, after: NodeRecord | null): void {
    if (after?.draining) this.ids.add(after.nodeId);
    else if (before?.draining) this.ids.delete(before.nodeId);
  }
}
