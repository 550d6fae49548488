// A clean-up that a user asked for: lists what is removed, what stays and why, and removes it unless it is a dry run. Ended
// containers come first, because they use images and volumes; volumes are removed only if the user named them.

import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Cleanup, CleanupItem, CleanupKind } from "../../model/node/cleanup.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { EngineRefused, RuntimeError } from "../../runtime/runtime-error.ts";
import type { EngineWatch, NodeIdentity } from "../task/runner-context.ts";
import type { TaskRunner } from "../task/task-runner.ts";
import type { TaskTable } from "../task/task-table.ts";
import { evaluateVolume, formatDuration, nameOf, type Verdict } from "./gc-rules.ts";
import type { ImageGc } from "./image-gc.ts";
import type { PulledImages } from "./pulled-images.ts";
import { dropRemoved } from "./retention.ts";
import type { SharedFolders } from "./shared-folders.ts";

export interface CleanerOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  hostname: string;
  node: NodeIdentity;
  engine: EngineWatch;
  tasks: TaskTable;
  images: ImageGc;
  pulled: PulledImages;
  folders: SharedFolders;
  /** One clean-up at a time. */
  turn: Semaphore;
}

/** An item, and how it is removed: resolves to null when it is gone, else to the reason why it stays. */
interface Candidate {
  item: CleanupItem;
  remove: () => Promise<string | null>;
}

export class Cleaner {
  readonly #options: CleanerOptions;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** Throws RuntimeError if the engine does not answer, or before the master has sent its whole set. */
  clean(kinds: ReadonlySet<CleanupKind>, dryRun: boolean): Promise<Cleanup> {
    const { clock, turn, engine, tasks } = this.#options;
    const deadline = clock.now() + limits.cleanupMs;
    return turn.run(async () => {
      if (!engine.ready || !tasks.isComplete) {
        throw new RuntimeError(
          "engine-unavailable",
          "the worker does not know yet which tasks are assigned to this node",
          true,
        );
      }
      const candidates = await this.#candidates(kinds);
      if (!dryRun) await this.#remove(candidates, deadline);
      return this.#answer(candidates, dryRun);
    });
  }

  async #candidates(kinds: ReadonlySet<CleanupKind>): Promise<Candidate[]> {
    const containers = this.#containers(kinds);
    const going = new Set(containers.filter(({ item }) => item.verdict === "goes").map(({ item }) => item.id));
    return [...containers, ...(await this.#images(kinds, going)), ...(await this.#volumes(kinds, going))];
  }

  #containers(kinds: ReadonlySet<CleanupKind>): Candidate[] {
    const { runtime, tasks, folders } = this.#options;
    return tasks
      .all()
      .sort((left, right) => (left.taskId < right.taskId ? -1 : 1))
      .flatMap((runner) => runner.found.map((state) => ({ runner, state })))
      .map(({ runner, state }) => {
        const id = state.containerId;
        const name = runner.assignment?.spec.name ?? runner.taskId;
        const item = { kind: "container" as const, name, id, sizeBytes: null };
        return {
          item: { ...item, ...decided("container", this.#evaluateContainer(runner, state), kinds) },
          remove: async () => {
            if (!runner.isOver) return "its task is assigned to this node again";
            await runtime.containers.remove(id);
            dropRemoved(tasks, runner, folders);
            return null;
          },
        };
      });
  }

  #evaluateContainer(runner: TaskRunner, { status, finishedAt }: ContainerState): Verdict {
    const { clock } = this.#options;
    if (status === "running") return { code: "in-use", message: "it runs" };
    if (!runner.isOver)
      return { code: "in-use", message: "its task has not finished, or the master has not acknowledged its end yet" };
    const since = finishedAt === null ? "" : ` ${formatDuration(clock.now() - Date.parse(finishedAt))} ago`;
    return { code: "unused", message: `it ended${since} and its task is over: its log is removed with it` };
  }

  async #images(kinds: ReadonlySet<CleanupKind>, going: ReadonlySet<string>): Promise<Candidate[]> {
    const { runtime, images, pulled, tasks } = this.#options;
    return (await images.evaluate(going)).map((image) => ({
      item: {
        ...{ kind: "image", name: nameOf(image), id: image.imageId, sizeBytes: image.sizeBytes },
        ...decided("image", image.verdict, kinds),
      },
      remove: async () => {
        const task = image.names.map((name) => tasks.needed().images.get(name)).find((name) => name !== undefined);
        if (task !== undefined) return `task ${task} needs it now`;
        const kept = await runtime.images.remove(image.imageId, image.names);
        if (kept === null) pulled.forget([image.imageId]);
        return kept;
      },
    }));
  }

  async #volumes(kinds: ReadonlySet<CleanupKind>, going: ReadonlySet<string>): Promise<Candidate[]> {
    const { runtime, node, tasks } = this.#options;
    const volumes = await runtime.volumes.list(kinds.has("volume"));
    const uses = (await runtime.containers.uses()).filter(({ containerId }) => !going.has(containerId));
    return volumes.map((volume) => ({
      item: {
        ...{ kind: "volume", name: volume.name, id: volume.name, sizeBytes: volume.sizeBytes },
        ...decided("volume", evaluateVolume(volume, uses, tasks.needed(), node), kinds),
      },
      remove: async () => {
        const task = tasks.needed().volumes.get(volume.name);
        return task === undefined ? runtime.volumes.remove(volume.name) : `task ${task} needs it now`;
      },
    }));
  }

  async #remove(candidates: readonly Candidate[], deadline: number): Promise<void> {
    const { clock, log } = this.#options;
    let engineError: string | null = null;
    for (const { item, remove } of candidates.filter(({ item: { verdict } }) => verdict === "goes")) {
      let kept: string | null = engineError;
      if (clock.now() >= deadline)
        kept = `the clean-up ended after ${limits.cleanupMs / 1000} s, before this: run it again`;
      // The answer also lists what was removed before an error: a failed request would hide it.
      kept ??= await remove().catch((error: Error) => {
        // The engine answers, so that it may remove the other items.
        if (error instanceof EngineRefused) return `the engine refused: ${error.message}`;
        engineError = `the engine does not answer: ${error.message}`;
        return engineError;
      });
      if (kept === null) log.info("removed as asked", { kind: item.kind, name: item.name, id: item.id });
      Object.assign(
        item,
        kept === null ? { verdict: "removed" } : { verdict: "stays", code: "refused", message: kept },
      );
    }
  }

  async #answer(candidates: readonly Candidate[], dryRun: boolean): Promise<Cleanup> {
    const { runtime, node, hostname } = this.#options;
    const items = candidates.map(({ item }) => item);
    const first = items.filter(({ verdict, code }) => verdict !== "stays" || code === "refused");
    const rest = items.filter((item) => !first.includes(item));
    const left = Math.max(0, limits.cleanupItems - first.length);
    return {
      nodeId: node.nodeId as NodeId,
      hostname,
      dryRun,
      disk: await runtime.engine.disk().catch(() => null),
      items: [...first, ...rest.slice(0, left)],
      omitted: Math.max(0, rest.length - left),
    };
  }
}

/** What is unused is removed if the user named its kind. */
function decided(
  kind: CleanupKind,
  { code, message }: Verdict,
  kinds: ReadonlySet<CleanupKind>,
): Pick<CleanupItem, "verdict" | "code" | "message"> {
  if (code !== "unused") return { verdict: "stays", code, message };
  if (kinds.has(kind)) return { verdict: "goes", code, message };
  return { verdict: "stays", code: "not-asked", message };
}
