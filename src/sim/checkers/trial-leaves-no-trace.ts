// What is only tried changes nothing: after a trial on a state, and after a plan, all of it is as it was before.

import type { Command, Submission } from "../../core/commands/command.ts";
import { defaultRetention } from "../../core/reconcile/retention.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { writeWholeSnapshot } from "../../core/state/snapshot.ts";
import { fork } from "../../core/what-if/fork.ts";
import { planAtOnce } from "../../core/what-if/plan/plan-commands.ts";
import { trial } from "../../core/what-if/trial.ts";
import type { Checker } from "./checker.ts";

/** Every so many batches: a look costs as much as some hundred batches of a small cluster. */
const everyBatches = 25;
const seed = 1;

export const trialLeavesNoTrace: Checker = {
  name: "trial-leaves-no-trace",
  sentence: "A trial and a plan leave the state as it was, byte for byte.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const check = (state: ClusterState, now: number, submission: Submission) => {
      const before = dumpOf(state);
      const context = { now, seed, retention: defaultRetention };
      const { type } = submission.command;
      trial(state, [submission], context, () => {});
      if (dumpOf(state) !== before) return fail(`a trial of ${type} leaves a trace`);
      planAtOnce(state, [submission], context, { until: "placed" });
      if (dumpOf(state) !== before) return fail(`a plan of ${type} leaves a trace`);
    };
    return {
      batch({ batch }) {
        if (batch.revision % everyBatches !== 0) return;
        // What the trial leaves in the truth itself would spoil every other check.
        const state = fork(truth.state);
        const commands = commandsFor(state);
        const command = commands[(batch.revision / everyBatches) % Math.max(1, commands.length)];
        if (command) check(state, batch.at, { command, origin: { kind: "user", name: "" } });
      },
    };
  },
};

/** Of each kind one, if the state has something for it. */
function commandsFor(state: ClusterState): Command[] {
  const [service] = [...state.tables.service.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  const [node] = [...state.nodes.values()].sort((left, right) => (left.nodeId < right.nodeId ? -1 : 1));
  const found: Command[] = [{ type: "createTask", input: { name: "tried", image: "a" } }];
  if (service) {
    const { serviceId } = service;
    found.push({ type: "scaleService", serviceId, replicas: 7 }, { type: "removeService", serviceId });
    found.push({ type: "restartService", serviceId, by: "" });
  }
  if (node) {
    const { nodeId } = node;
    found.push({ type: "loseNode", nodeId, silentMs: 1 }, { type: "deregisterNode", nodeId });
    found.push({ type: "drainNode", nodeId, deadlineMs: 0, by: "" });
  }
  return found;
}

/** The records, and what the indexes answer. */
function dumpOf(state: ClusterState): string {
  const nodes = [...state.nodes.keys()].sort();
  const { revision, cursors, counts, notReady, wantedReplicas, pending } = state;
  const answers = {
    ...{ revision, cursors, counts, notReady, wantedReplicas, waiting: pending.count },
    usage: nodes.map((nodeId) => [nodeId, state.schedule.usage(nodeId), [...state.placedOn(nodeId)].sort()]),
    finished: [...state.finished.values()],
    toReplace: [...state.toReplace.values()],
    order: [...state.order.after("")],
    draining: [...state.draining].sort(),
    services: [...state.tables.service.values()]
      .map(({ serviceId: id }) => id)
      .sort()
      .map((id) => [id, [...state.serviceTasks.of(id)].sort()]),
  };
  return `${[...writeWholeSnapshot(state)].join("\n")}\n${JSON.stringify(answers)}`;
}
