// The named volumes on this node's engine, for the master: reads, writes and removes the files of one volume. Which tasks
// may use it meanwhile is the master's to decide. The master has one work at a time on a volume: a work that is still there
// when the next one fills or removes the volume has lost its master, and is ended.

import { type Clock, delay } from "../../lib/clock.ts";
import { piped } from "../../lib/piped.ts";
import { ok } from "../../lib/result.ts";
import { TarCheck } from "../../lib/tar-check.ts";
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

/** An archive that is being read or written. */
interface Work {
  readonly volume: string;
  readonly stop: AbortController;
  /** Resolves when its container on the engine is removed; at once for what is read, because nothing may read its rest. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

export class VolumeStore {
  readonly #options: VolumeStoreOptions;
  readonly #atWork = new Set<Work>();

  constructor(options: VolumeStoreOptions) {
    this.#options = options;
  }

  /** Removes the volume with its data, unless Podling did not make it. Throws RuntimeError. */
  async remove(name: string): Promise<Outcome<VolumeRemoval>> {
    const { hostname } = this.#options;
    const used = this.#refuseNeeded(name);
    if (used) return used;
    await this.#endWork(name);
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

  /** The files of the volume as a tar archive. Throws RuntimeError. */
  async archive(name: string, signal: AbortSignal): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const { runtime, node, hostname } = this.#options;
    await this.#removeHelpers();
    if (!(await this.#find(name))) {
      return refuse("volume-not-found", `${hostname} has no volume ${name}`, {
        hint: "Was it removed by another program? The record says that its data is there.",
        details: { name },
      });
    }
    const work = this.#began(name, Promise.resolve());
    try {
      const stream = await runtime.volumes.archive(name, node.nodeId, AbortSignal.any([signal, work.stop.signal]));
      return ok(piped(stream, { piece: () => {}, complete: () => {}, ended: work.end }));
    } catch (error) {
      work.end();
      throw error;
    }
  }

  /**
   * Makes the volume from such an archive. `replace`: one that is there is removed first, with its data. After a failure there
   * is no volume. Throws RuntimeError.
   */
  async fill(
    name: string,
    archive: AsyncIterable<Uint8Array>,
    replace: boolean,
    signal: AbortSignal,
  ): Promise<Outcome<{ bytes: number }>> {
    const { runtime, node } = this.#options;
    const needed = this.#refuseNeeded(name);
    if (needed) return needed;
    await this.#endWork(name);
    const refusal = await this.#removeExisting(name, replace);
    if (refusal) return refusal;
    const check = new TarCheck();
    let fault: string | null = null;
    const stream = piped(archive, {
      piece(bytes) {
        check.push(bytes);
        fault = check.beginFault();
        if (fault !== null) throw new Error(fault);
      },
      complete() {
        fault = check.endFault();
        if (fault !== null) throw new Error(fault);
      },
      ended() {},
    });
    const labels = { [containerLabels.cluster]: node.clusterId, [containerLabels.node]: node.nodeId };
    const work = this.#began(name);
    try {
      await runtime.volumes.fill(name, labels, node.nodeId, stream, AbortSignal.any([signal, work.stop.signal]));
      return ok({ bytes: check.bytes });
    } catch (error) {
      if (fault === null) throw error;
      return refuse("unprocessable", `the archive is damaged: ${fault}`, {
        hint: "Nothing of it was kept. Take another copy of it.",
        details: { name },
      });
    } finally {
      work.end();
    }
  }

  /** The refusal if a volume of the name stays. */
  async #removeExisting(name: string, replace: boolean): Promise<Outcome<never> | null> {
    const { hostname } = this.#options;
    const existing = await this.#find(name);
    if (!existing) return null;
    const isReplaced = replace && this.#isOurs(existing);
    const why = isReplaced
      ? await this.#removeUnused(name)
      : replace
        ? "Podling did not make it, so it is not replaced"
        : "it is there already";
    if (why === null) return null;
    return refuse("volume-in-use", `the volume ${name} on ${hostname}: ${why}`, {
      hint: isReplaced
        ? "A finished task has its container until it is removed: podling rm TASK."
        : "With --replace, a volume that Podling made is removed first, with its data.",
      details: { name },
    });
  }

  #began(volume: string, isOver?: Promise<void>): Work {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#atWork.delete(work);
      resolve();
    };
    const work: Work = { volume, stop: new AbortController(), over: isOver ?? promise, end };
    this.#atWork.add(work);
    return work;
  }

  /** Ends all work on the volume: the master that wanted it, or the connection to it, is gone. */
  async #endWork(name: string): Promise<void> {
    const { runtime, node, clock, signal } = this.#options;
    const stale = [...this.#atWork].filter(({ volume }) => volume === name);
    for (const { stop } of stale) stop.abort(new Error(`other work on the volume ${name} has begun`));
    const over = Promise.all(stale.map(({ over }) => over));
    if (stale.length > 0) await Promise.race([over, delay(clock, limits.volumeRemovalMs, signal)]);
    for (const { end } of stale) end();
    if (this.#atWork.size === 0) await this.#removeHelpers();
    else await runtime.volumes.removeHelpers(node.nodeId, name);
  }

  /** What an earlier process of this worker left, if it was killed: no work of this one is under way. */
  async #removeHelpers(): Promise<void> {
    const { runtime, node } = this.#options;
    if (this.#atWork.size === 0) await runtime.volumes.removeHelpers(node.nodeId, null);
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
