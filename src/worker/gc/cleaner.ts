// A clean-up that somebody asked for: says what goes and what stays and why, and removes what goes. Ended containers first,
// because they hold on to images and volumes; volumes only where they were asked for.

import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Cleanup, CleanupItem, CleanupKind } from "../../model/node/cleanup.ts";
import { type Runtime, RuntimeError } from "../../runtime/runtime.ts";
import type { Identity } from "../data-dir/identity.ts";
import type { TaskRunner } from "../task/task-runner.ts";
import { evaluateVolume, nameOf, spell, type Verdict, type Wanted } from "./gc-rules.ts";
import type { ImageGc } from "./image-gc.ts";
import type { PulledImages } from "./pulled-images.ts";
import { forget } from "./retention.ts";

export interface CleanerOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  hostname: string;
  identity: () => Identity;
  runners: Map<TaskId, TaskRunner>;
  images: ImageGc;
  pulled: PulledImages;
  wanted: () => Wanted;
  ready: () => boolean;
  turn: Semaphore;
}

/** An item, and how it goes: null when it is gone, else why it stays. */
interface Candidate {
  item: CleanupItem;
  remove: () => Promise<string | null>;
}

export class Cleaner {
  readonly #options: CleanerOptions;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** Throws RuntimeError where the engine does not answer, or before it is known what is wanted here. */
  clean(kinds: ReadonlySet<CleanupKind>, dryRun: boolean): Promise<Cleanup> {
    const { clock, turn, ready } = this.#options;
    const deadline = clock.now() + limits.cleanupMs;
    return turn.run(async () => {
      if (!ready()) {
        throw new RuntimeError("engine-unavailable", "the worker does not know yet what is wanted on this node", true);
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
    const { runtime, runners } = this.#options;
    return [...runners.values()]
      .filter(({ found }) => found !== null)
      .sort((left, right) => (left.taskId < right.taskId ? -1 : 1))
      .map((runner) => {
        const id = runner.found!.containerId;
        const item = { kind: "container" as const, name: runner.wish?.name ?? runner.taskId, id, sizeBytes: null };
        return {
          item: { ...item, ...decided("container", this.#judgeContainer(runner), kinds) },
          remove: async () => {
            if (!runner.isOver) return "its task is wanted again";
            await runtime.remove(id);
            forget(runners, runner);
            return null;
          },
        };
      });
  }

  #judgeContainer(runner: TaskRunner): Verdict {
    const { clock } = this.#options;
    const { status, finishedAt } = runner.found!;
    if (status === "running") return { code: "in-use", message: "it runs" };
    if (!runner.isOver)
      return { code: "in-use", message: "its task has not finished, or its end has not been told yet" };
    const since = finishedAt === null ? "" : ` ${spell(clock.now() - Date.parse(finishedAt))} ago`;
    return { code: "unused", message: `it ended${since} and its task is over: its log goes with it` };
  }

  async #images(kinds: ReadonlySet<CleanupKind>, going: ReadonlySet<string>): Promise<Candidate[]> {
    const { runtime, images, pulled, wanted } = this.#options;
    return (await images.judge(going)).map((image) => ({
      item: {
        ...{ kind: "image", name: nameOf(image), id: image.imageId, sizeBytes: image.sizeBytes },
        ...decided("image", image.verdict, kinds),
      },
      remove: async () => {
        const task = image.names.map((name) => wanted().images.get(name)).find((name) => name !== undefined);
        if (task !== undefined) return `task ${task} wants it now`;
        const kept = await runtime.removeImage(image.imageId, image.names);
        if (kept === null) pulled.forget([image.imageId]);
        return kept;
      },
    }));
  }

  async #volumes(kinds: ReadonlySet<CleanupKind>, going: ReadonlySet<string>): Promise<Candidate[]> {
    const { runtime, identity, wanted } = this.#options;
    const volumes = await runtime.volumes(kinds.has("volume"));
    const uses = (await runtime.uses()).filter(({ containerId }) => !going.has(containerId));
    return volumes.map((volume) => ({
      item: {
        ...{ kind: "volume", name: volume.name, id: volume.name, sizeBytes: volume.sizeBytes },
        ...decided("volume", evaluateVolume(volume, uses, wanted(), identity()), kinds),
      },
      remove: async () => {
        const task = wanted().volumes.get(volume.name);
        return task === undefined ? runtime.removeVolume(volume.name) : `task ${task} wants it now`;
      },
    }));
  }

  async #remove(candidates: readonly Candidate[], deadline: number): Promise<void> {
    const { clock, log } = this.#options;
    let broken: string | null = null;
    for (const { item, remove } of candidates.filter(({ item: { verdict } }) => verdict === "goes")) {
      let kept: string | null = broken;
      if (clock.now() >= deadline) kept = `not reached within ${limits.cleanupMs / 1000} s: clean again`;
      // What has gone by then is told all the same: an answer that fails would hide it.
      kept ??= await remove().catch((error: Error) => {
        broken = `the engine does not answer: ${error.message}`;
        return broken;
      });
      if (kept === null) log.info("removed as asked", { kind: item.kind, name: item.name, id: item.id });
      Object.assign(
        item,
        kept === null ? { verdict: "removed" } : { verdict: "stays", code: "refused", message: kept },
      );
    }
  }

  async #answer(candidates: readonly Candidate[], dryRun: boolean): Promise<Cleanup> {
    const { runtime, identity, hostname } = this.#options;
    const items = candidates.map(({ item }) => item);
    const first = items.filter(({ verdict, code }) => verdict !== "stays" || code === "refused");
    const rest = items.filter((item) => !first.includes(item));
    const room = Math.max(0, limits.cleanupItems - first.length);
    return {
      nodeId: identity().nodeId as NodeId,
      hostname,
      dryRun,
      disk: await runtime.disk().catch(() => null),
      items: [...first, ...rest.slice(0, room)],
      omitted: Math.max(0, rest.length - room),
    };
  }
}

/** What is unused goes where its kind was asked for. */
function decided(
  kind: CleanupKind,
  { code, message }: Verdict,
  kinds: ReadonlySet<CleanupKind>,
): Pick<CleanupItem, "verdict" | "code" | "message"> {
  if (code !== "unused") return { verdict: "stays", code, message };
  if (kinds.has(kind)) return { verdict: "goes", code, message };
  return { verdict: "stays", code: "not-asked", message };
}
