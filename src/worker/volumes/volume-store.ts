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

/** Each fill and each removal ends what was begun before it on the same volume. */
interface Work {
  readonly volume: string;
  /**
   * reads: an archive is read; tasks may use the volume meanwhile. fills: the volume is replaced by an archive. removes: the volume
   * is removed. clears: what an earlier process left is removed before a read.
   */
  readonly kind: "reads" | "fills" | "clears" | "removes";
  /** Of a fill: at which it was asked for, by the master's log. 0 of all other work, and if the master does not say. */
  readonly revision: number;
  readonly stop: AbortController;
  /** Resolves when its container on the engine is removed; at once for what is read, because nothing may read its rest. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

export class VolumeStore {
  readonly #options: VolumeStoreOptions;
  readonly #atWork = new Set<Work>();
  /** The newest revision of the log at which a task was placed that has mounted the volume since the worker started, by volume. */
  readonly #placedAt = new Map<string, number>();

  constructor(options: VolumeStoreOptions) {
    this.#options = options;
  }

  /**
   * Removes the volume with its data, unless Podling did not make it. `revision`: of the master's log, at which it was asked for; data
   * that came later is refused. Null from masters that do not say. Throws RuntimeError.
   */
  async remove(name: string, revision: number | null): Promise<Outcome<VolumeRemoval>> {
    const { hostname } = this.#options;
    const used = this.#refuseNeeded(name) ?? this.#refuseLate(name, {}, revision);
    if (used) return used;
    const others = this.#worksOn(name);
    const work = this.#began(name, "removes");
    try {
      await this.#stop(others);
      await this.#removeLeft(name);
      const volume = await this.#find(name);
      if (!volume) return ok({ removed: false, message: `${hostname} has no volume ${name}` });
      if (!this.#isOurs(volume))
        return ok({
          removed: false,
          message: `its data stays on ${hostname}, because Podling did not make the volume`,
        });
      const late = this.#refuseLate(name, volume.labels, revision);
      if (late) return late;
      const kept = await this.#removeUnused(name, work);
      if (kept === null) this.#placedAt.delete(name);
      if (kept === null) return ok({ removed: true, message: `its data on ${hostname} is removed` });
      return refuse("volume-in-use", `the volume ${name} on ${hostname}: ${kept}`, {
        hint: "Remove the container that uses it first.",
        details: { name },
      });
    } finally {
      work.end();
    }
  }

  /** The files of the volume as a tar archive. Refused while something fills it. Throws RuntimeError. */
  async archive(name: string, signal: AbortSignal): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const { runtime, node, hostname } = this.#options;
    const filled = this.#refuseFilled(name);
    if (filled) return filled;
    const works = this.#worksOn(name);
    // While something reads the volume already, nothing that is left of it can be incomplete.
    if (works.length === 0) await this.#clear(name);
    else await Promise.all(works.map(({ over }) => over));
    const found = await this.#find(name);
    // A fill may have begun meanwhile. One that begins from here on ends this work.
    const filledMeanwhile = this.#refuseFilled(name);
    if (filledMeanwhile) return filledMeanwhile;
    if (!found) {
      return refuse("volume-not-found", `${hostname} has no volume ${name}`, {
        hint: "Was it removed by another program? The record says that its data is there.",
        details: { name },
      });
    }
    const work = this.#began(name, "reads");
    try {
      const stream = await runtime.volumes.archive(name, node.nodeId, AbortSignal.any([signal, work.stop.signal]));
      return ok(piped(stream, { piece: () => {}, complete: () => {}, ended: work.end }));
    } catch (error) {
      work.end();
      throw endedByOther(work) ?? error;
    }
  }

  /**
   * Makes the volume from such an archive. `replace`: one that is there is removed first, with its data. `revision`: as in remove().
   * After a failure there is no volume. Throws RuntimeError.
   */
  async fill(
    name: string,
    archive: AsyncIterable<Uint8Array>,
    { replace, revision }: { replace: boolean; revision: number | null },
    signal: AbortSignal,
  ): Promise<Outcome<{ bytes: number }>> {
    const { runtime, node } = this.#options;
    const needed = this.#refuseNeeded(name);
    if (needed) return needed;
    const others = this.#worksOn(name);
    // Known before anything is awaited, so that no archive of it is read from here on.
    const work = this.#began(name, "fills", revision ?? 0);
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
    const labels = {
      ...{ [containerLabels.cluster]: node.clusterId, [containerLabels.node]: node.nodeId },
      ...(revision === null ? {} : { [containerLabels.filledAt]: String(revision) }),
    };
    try {
      await this.#stop(others);
      await this.#removeLeft(name);
      const refusal = await this.#removeExisting(name, replace, work);
      if (refusal) return refusal;
      work.stop.signal.throwIfAborted();
      await runtime.volumes.fill(name, labels, node.nodeId, stream, AbortSignal.any([signal, work.stop.signal]));
      return ok({ bytes: check.bytes });
    } catch (error) {
      if (fault === null) throw endedByOther(work) ?? error;
      return refuse("unprocessable", `the archive is damaged: ${fault}`, {
        hint: "Nothing of it was kept. Take another copy of it.",
        details: { name },
      });
    } finally {
      work.end();
    }
  }

  /**
   * Before a container mounts these volumes: ends what still fills one of them for a master that is gone, and removes a volume
   * whose files are incomplete. `placedAt`: as in ContainerAssignment. Throws RuntimeError.
   */
  async prepare(names: readonly string[], placedAt: number | null): Promise<void> {
    for (const name of names) {
      this.#placedAt.set(name, Math.max(placedAt ?? 0, this.#placedAt.get(name) ?? 0));
      const works = this.#worksOn(name);
      // A backup may go on while a task starts; before it began, the volume was looked at.
      if (works.some(({ kind }) => kind === "reads")) continue;
      await this.#stop(works);
      await this.#removeLeft(name);
    }
  }

  /** The refusal if a volume of the name stays. */
  async #removeExisting(name: string, replace: boolean, work: Work): Promise<Outcome<never> | null> {
    const { hostname } = this.#options;
    const existing = await this.#find(name);
    if (!existing) return null;
    const isReplaced = replace && this.#isOurs(existing);
    const why = isReplaced
      ? await this.#removeUnused(name, work)
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

  #began(volume: string, kind: Work["kind"], revision = 0): Work {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#atWork.delete(work);
      resolve();
    };
    const over = kind === "reads" ? Promise.resolve() : promise;
    const work: Work = { volume, kind, revision, stop: new AbortController(), over, end };
    this.#atWork.add(work);
    return work;
  }

  #worksOn(name: string): Work[] {
    return [...this.#atWork].filter(({ volume }) => volume === name);
  }

  /** Ends work on the volume: the master that wanted it, or the connection to it, is gone. */
  async #stop(works: readonly Work[]): Promise<void> {
    const { clock, signal } = this.#options;
    for (const { volume, stop } of works) stop.abort(new Error(`other work on the volume ${volume} has begun`));
    const over = Promise.all(works.map(({ over }) => over));
    if (works.length > 0) await Promise.race([over, delay(clock, limits.volumeRemovalMs, signal)]);
    for (const { end } of works) end();
  }

  /** As #removeLeft(), and a fill that begins meanwhile waits for the end: its own container must not be removed. */
  async #clear(name: string): Promise<void> {
    const work = this.#began(name, "clears");
    try {
      await this.#removeLeft(name);
    } finally {
      work.end();
    }
  }

  /** Removes what an earlier process of this worker left of its work on the volume, if it was killed. */
  #removeLeft(name: string): Promise<void> {
    const { runtime, node } = this.#options;
    return runtime.volumes.removeHelpers(node.nodeId, name);
  }

  /**
   * Null if what the volume has is not newer than the request for its removal. A request may wait in a connection for long, or come
   * twice: the data of a later copy, or of a task that was placed here later, is not what it was about.
   */
  #refuseLate(name: string, labels: VolumeState["labels"], revision: number | null): Outcome<never> | null {
    const fills = this.#worksOn(name).map((work) => work.revision);
    const since = Math.max(Number(labels[containerLabels.filledAt] ?? 0), this.#placedAt.get(name) ?? 0, ...fills);
    if (revision === null || since <= revision) return null;
    const { hostname } = this.#options;
    return refuse("volume-in-use", `the volume ${name} on ${hostname} has newer data than this removal is about`, {
      hint: `To remove that, too: podling volume rm ${name}`,
      details: { name },
    });
  }

  /** Null if nothing fills the volume. */
  #refuseFilled(name: string): Outcome<never> | null {
    if (!this.#worksOn(name).some(({ kind }) => kind === "fills")) return null;
    return refuse(
      "volume-in-use",
      `the volume ${name} on ${this.#options.hostname} is incomplete: it is being filled`,
      {
        hint: `Repeat it when that has ended: podling volume inspect ${name}`,
        details: { name },
      },
    );
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
  async #removeUnused(name: string, { stop }: Work): Promise<string | null> {
    const { runtime, clock, signal, tasks } = this.#options;
    const end = clock.now() + limits.volumeRemovalMs;
    for (;;) {
      if (stop.signal.aborted) return (stop.signal.reason as Error).message;
      const own = new Set(tasks.all().flatMap(({ found }) => found.map(({ containerId }) => containerId)));
      const kept = await runtime.volumes.remove(name);
      if (kept === null || signal.aborted || clock.now() >= end) return kept;
      const users = (await runtime.containers.uses()).filter(({ volumes }) => volumes.includes(name));
      if (users.some(({ containerId }) => !own.has(containerId))) return kept;
      await delay(clock, limits.volumeRemovalRetryMs, signal);
    }
  }
}

/** The error of a work that was ended for another one; null if it has failed by itself. */
function endedByOther({ stop }: Work): RuntimeError | null {
  const { aborted, reason } = stop.signal;
  return aborted ? new RuntimeError("engine-unavailable", (reason as Error).message, true) : null;
}
