// Ends the damping of nodes that have stayed online for as long as they had to.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { Flapping } from "../../model/node/node.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { steadyAt } from "../state/indexes/damped-nodes.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const nodeDamping: Reconciler = {
  name: "node-damping",
  run: endDamping,
  nextDue: (state) => {
    const first = state.damped.inOrder.first();
    return first === undefined ? null : steadyAt(state.node(first));
  },
};

function* endDamping(state: ClusterState, { now }: ReconcileContext): Generator<Change> {
  if (state.damped.inOrder.size === 0) return;
  for (const nodeId of [...state.damped.inOrder.values()]) {
    const node = state.node(nodeId);
    const flapping = node.flapping as Flapping;
    const due = steadyAt(node)!;
    if (due <= now)
      yield { type: "node.updated", id: nodeId, set: { flapping: { ...flapping, steadyUntil: null, steadyMs: 0 } } };
    // The wall clock was set back: a node must never wait for longer than its whole period.
    else if (due > now + flapping.steadyMs) {
      const steadyUntil = toTimestamp(now + flapping.steadyMs);
      yield { type: "node.updated", id: nodeId, set: { flapping: { ...flapping, steadyUntil } } };
    }
  }
}
