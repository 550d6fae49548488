// Removes what is no longer used, or everything, by the commands that remove single tasks and nodes.

import type { PruneAnswer } from "../../api/views/prune-answer.ts";
import type { Command } from "../../core/commands/command.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { ok } from "../../lib/result.ts";
import type { Origin } from "../../model/origin.ts";
import type { Outcome, Refusal } from "../../model/refusal.ts";
import { hasFinished } from "../../model/task/task.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { NodeHealth } from "../node-health/node-health.ts";

/** Commands of one tick: other requests are answered between two of these groups. */
const groupSize = 500;

/** Records that another client removes or changes in the meantime are left alone. */
const tolerated: ReadonlySet<Refusal["code"]> = new Set(["task-not-found", "task-live", "node-not-found"]);

export class Pruner {
  readonly #loop: TickLoop;
  readonly #state: ClusterState;
  readonly #nodeHealth: NodeHealth;
  readonly #origin: Origin;

  constructor(loop: TickLoop, state: ClusterState, nodeHealth: NodeHealth, origin: Origin) {
    this.#loop = loop;
    this.#state = state;
    this.#nodeHealth = nodeHealth;
    this.#origin = origin;
  }

  /** `all`: every task and every node. Else finished tasks, and nodes that are offline. */
  async prune(all: boolean): Promise<Outcome<PruneAnswer>> {
    const { tasks, nodes } = this.#state;
    const taskIds = [...tasks.values()].filter((task) => all || hasFinished(task)).map(({ taskId }) => taskId);
    const removed = await this.#each(taskIds, (taskId) => ({ type: "removeTask", taskId, force: all }));
    if (!removed.ok) return removed;
    const nodeIds = [...nodes.values()].filter(({ status }) => all || status === "offline").map(({ nodeId }) => nodeId);
    // A node that has come back since is left alone.
    const isOff = (nodeId: (typeof nodeIds)[number]) => all || nodes.get(nodeId)?.status === "offline";
    const left = await this.#each(nodeIds.filter(isOff), (nodeId) => ({ type: "deregisterNode", nodeId }));
    if (!left.ok) return left;
    for (const nodeId of left.value) this.#nodeHealth.forget(nodeId);
    return ok({
      tasksRemoved: removed.value.length,
      nodesRemoved: left.value.length,
      podsRemoved: 0,
      servicesRemoved: 0,
    });
  }

  /** The ids for which the command was carried out. */
  async #each<Id>(ids: readonly Id[], command: (id: Id) => Command): Promise<Outcome<Id[]>> {
    const done: Id[] = [];
    for (let from = 0; from < ids.length; from += groupSize) {
      const group = ids.slice(from, from + groupSize);
      const outcomes = await Promise.all(group.map((id) => this.#loop.submit(command(id), this.#origin)));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.ok) done.push(group[index]!);
        else if (!tolerated.has(outcome.refusal.code)) return outcome;
      }
    }
    return ok(done);
  }
}
