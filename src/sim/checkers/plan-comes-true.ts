// What a plan says of placements comes true: for each batch that one command made, a plan of that command on the state before gives
// the same nodes to the same tasks.

import type { Command } from "../../core/commands/command.ts";
import { defaultRetention } from "../../core/reconcile/retention.ts";
import { ClusterState, type Cursors } from "../../core/state/cluster-state.ts";
import { countedIn, placementsOf } from "../../core/what-if/plan/outcome.ts";
import { planAtOnce } from "../../core/what-if/plan/plan-commands.ts";
import { fromTimestamp } from "../../lib/clock.ts";
import type { NodeId, ServiceId } from "../../model/ids.ts";
import { kindNames } from "../../model/kinds/kinds.ts";
import { type CertainBatch, changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";

/** Of every plan: another one than that of any batch, because ids that are drawn must decide nothing. */
const seed = 1;

export const planComesTrue: Checker = {
  name: "plan-comes-true",
  sentence: "If nothing else happens before a command, its tasks get the nodes that a plan of it says.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    let cursors = truth.state.cursors;
    return {
      batch(certain) {
        const command = commandOf(certain);
        const before = cursors;
        cursors = truth.state.cursors;
        if (command === null) return;
        const state = stateBefore(truth.state, certain, before);
        const context = { now: certain.batch.at, seed, retention: defaultRetention };
        const origin = { kind: "user", name: "" } as const;
        const planned = planAtOnce(state, [{ command, origin }], context, { until: "placed" });
        if (!planned.ok) return fail(`a plan of ${command.type} is refused: ${planned.refusal.message}`);
        const { outcome } = planned.value;
        const done = JSON.stringify(placementsOf(truth.state, certain.deltas, countedIn(outcome)));
        const said = JSON.stringify(outcome.placements);
        if (said !== done) fail(`a plan of ${command.type} says ${said}, and the batch did ${done}`);
      },
    };
  },
};

/** A state of its own, as it was before the batch. Not made by a fork, which is checked here, too. */
function stateBefore(truth: ClusterState, { deltas }: CertainBatch, cursors: Cursors): ClusterState {
  const state = new ClusterState();
  for (const kind of kindNames)
    for (const [id, record] of truth.tables[kind] as ReadonlyMap<string, object>) state.adopt(kind, id, record);
  for (let at = deltas.length - 1; at >= 0; at--) state.revert(deltas[at]!);
  state.revision = truth.revision - 1;
  state.cursors = cursors;
  return state;
}

/** The command that made the batch, if it was only one, and the batch shows what it asked for. */
function commandOf({ batch, deltas }: CertainBatch): Command | null {
  const [entry] = batch.commands;
  const [target] = entry?.targets ?? [];
  if (batch.commands.length !== 1 || !entry || entry.refused || entry.targets?.length !== 1 || !target) return null;
  const serviceId = target as ServiceId;
  const service = changesOf({ deltas }, "service").find(({ after }) => after?.serviceId === target);
  switch (entry.type) {
    case "scaleService": {
      const mode = service?.after?.mode;
      return mode?.type === "replicated" ? { type: "scaleService", serviceId, replicas: mode.replicas } : null;
    }
    case "restartService":
      return { type: "restartService", serviceId, by: "" };
    case "removeService":
      return { type: "removeService", serviceId };
    case "rollbackService":
      return service?.after ? { type: "rollbackService", serviceId, to: service.after.target } : null;
    case "drainNode": {
      const draining = changesOf({ deltas }, "node").find(({ after }) => after?.nodeId === target)?.after?.draining;
      if (!draining) return null;
      const deadlineMs = fromTimestamp(draining.deadlineAt) - batch.at;
      return { type: "drainNode", nodeId: target as NodeId, deadlineMs, by: draining.by };
    }
    default:
      return null;
  }
}
