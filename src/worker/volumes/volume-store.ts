// The named volumes on this node's engine, for the master: removes one that nothing uses. Unlike a clean-up, which lists
// everything, it works on one volume that a user has named.

import { type Clock, delay } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { containerLabels } from "../../model/cluster/cluster.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { VolumeRemoval } from "../../model/volume/volume.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import type { VolumeState } from "../../runtime/volumes.ts";
import type { EngineWatch, NodeIdentity } from "../task/runner-context.ts";
import type { TaskTable } from "../task/task-table.ts";

export interface VolumeStoreOptions {
  runtime: Runtime;
  clock: Clock;
  hostname: string;
  node: NodeIdentity;
  engine: EngineWatch;
  tasks: TaskTable;
  signal: AbortSignal;
}

export class VolumeStore {
  readonly #options: VolumeStoreOptions;

  constructor(options: VolumeStoreOptions) {
    this.#options = options;
  }

  /** Removes the volume with its data, unless Podling did not make it. Throws RuntimeError. */
  async remove(name: string): Promise<Outcome<VolumeRemoval>> {
    const { hostname } = this.#options;
    const used = this.#refuseNeeded(name);
    if (used) return used;
    const volume = await this.#find(name);
    if (!volume) return ok({ removed: false, message: `${hostname} has no volume ${name}` });
    if (!this.#isOurs(volume))
      return ok({ removed: false, message: `its data stays on ${hostname}, because Podling did not make the volume` });
    const kept = await this.#removeUnused(name);
    if (kept === null) return ok({ removed: true, message: `its data on ${hostname} is removed` });
    return refuse("volume-in-use", `the volume ${name} on ${hostname}: ${kept}`, {
      hint: "Remove the container that uses it first.",
      details: { name },
    });
  }

  /** Null if no task that is assigned to this node mounts the volume. Throws RuntimeError if that is not known yet. */
  #refuseNeeded(name: string): Outcome<never> | null {
    const { engine, tasks, hostname } = this.#options;
    if (!engine.ready || !tasks.isComplete) {
      const message = "the worker does not know yet which tasks are assigned to this node";
      throw new RuntimeError("engine-unavailable", message, true);
    }
    const task = tasks.needed().volumes.get(name);
    if (task === undefined) return null;
    return refuse("volume-in-use", `the task ${task} on ${hostname} uses the volume ${name}`, {
      hint: `Stop the task first: podling stop ${task}`,
      details: { name },
    });
  }

  async #find(name: string): Promise<VolumeState | undefined> {
    return (await this.#options.runtime.volumes.list(false)).find((one) => one.name === name);
  }

  #isOurs({ labels }: VolumeState): boolean {
    const { clusterId, nodeId } = this.#options.node;
    return labels[containerLabels.cluster] === clusterId && labels[containerLabels.node] === nodeId;
  }

  /** The containers of tasks that were just removed may still be going: then the engine is asked again. */
  async #removeUnused(name: string): Promise<string | null> {
    const { runtime, clock, signal, tasks } = this.#options;
    const end = clock.now() + limits.volumeRemovalMs;
    for (;;) {
      const own = new Set(tasks.all().flatMap(({ found }) => found.map(({ containerId }) => containerId)));
      const kept = await runtime.volumes.remove(name);
      if (kept === null || signal.aborted || clock.now() >= end) return kept;
      const users = (await runtime.containers.uses()).filter(({ volumes }) => volumes.includes(name));
      if (users.some(({ containerId }) => !own.has(containerId))) return kept;
      await delay(clock, limits.volumeRemovalRetryMs, signal);
    }
  }
}
