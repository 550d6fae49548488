// Keeps the engine's disk below its high watermark: removes images that Podling pulled and nothing uses, unused for longest
// first, until the disk is below the low watermark. Looks on a timer and after every pull; gc-rules.ts says what may go.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import { plainReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import { type DiskUsage, usedPercent } from "../../model/node/cleanup.ts";
import { formatMemory } from "../../model/quantity.ts";
import type { PulledImage } from "../../runtime/images.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { EngineWatch, ImageUse } from "../task/runner-context.ts";
import { type EvaluatedImage, evaluateImages, nameOf } from "./gc-rules.ts";
import type { Assignments } from "./needed.ts";
import type { PulledImages } from "./pulled-images.ts";

export interface Watermarks {
  highPercent: number;
  lowPercent: number;
}

export interface ImageGcOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  pulled: PulledImages;
  engine: Pick<EngineWatch, "ready">;
  assignments: Assignments;
  /** Null: images are removed only by a clean-up that a user asks for. */
  watermarks: Watermarks | null;
  /** One clean-up at a time. */
  turn: Semaphore;
}

export class ImageGc implements ImageUse {
  readonly #options: ImageGcOptions;
  #cancel: CancelTimer = () => {};
  #looking = false;
  #again = false;
  /** When the engine was last asked which images it has, in ms since the epoch. Null before that. */
  #listedAt: number | null = null;
  /** True when the warning was logged; false again when the disk is below the watermark. */
  #complained = false;

  constructor(options: ImageGcOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#cancel());
  }

  /** Checks the disk every `diskLookMs` from now on. */
  start(): void {
    const { clock, signal } = this.#options;
    this.#cancel();
    if (!signal.aborted) this.#cancel = clock.timer(limits.diskLookMs, this.#onTimer);
  }

  /** Most nodes have pulled nothing that may be removed. */
  readonly #onTimer = () => {
    if (this.#options.pulled.count === 0) this.start();
    else this.look();
  };

  pulled(image: string, pulled: PulledImage | null): void {
    if (pulled) this.#options.pulled.pulled(image, pulled);
    this.look(); // also after a pull that failed: the disk may be full
  }

  used(image: string): void {
    this.#options.pulled.used(new Set([plainReference(image)]));
  }

  /** False while the engine is away, and until all assignments are known: before that nothing counts as unused. */
  get #isReady(): boolean {
    return this.#options.engine.ready && this.#options.assignments.isComplete;
  }

  look(): void {
    this.#again = true;
    if (this.#looking || this.#options.signal.aborted) return;
    this.#looking = true;
    void this.#work().finally(() => {
      this.#looking = false;
      this.start();
    });
  }

  async #work(): Promise<void> {
    const { log, turn, signal } = this.#options;
    while (this.#again && !signal.aborted) {
      this.#again = false;
      try {
        await turn.run(() => this.#look());
      } catch (error) {
        log.warn("looking for unused images failed", { why: (error as Error).message });
      }
    }
  }

  async #look(): Promise<void> {
    const { runtime, clock, pulled, assignments, watermarks } = this.#options;
    pulled.used(new Set(assignments.needed().images.keys()));
    if (!this.#isReady || pulled.count === 0) return;
    if (this.#listedAt === null || Math.abs(clock.now() - this.#listedAt) >= limits.imageLookMs) {
      this.#listedAt = clock.now();
      const before = pulled.ids; // what is pulled while the engine lists may not be in its list
      const present = new Set((await runtime.images.list()).map(({ imageId }) => imageId));
      pulled.forget(before.filter((imageId) => !present.has(imageId)));
    }
    if (watermarks === null) return;
    const disk = await runtime.engine.disk();
    if (disk === null || usedPercent(disk) < watermarks.highPercent) this.#complained = false;
    else await this.#freeSpace(disk, watermarks);
  }

  async #freeSpace(disk: DiskUsage, { highPercent, lowPercent }: Watermarks): Promise<void> {
    const { runtime, log, pulled, signal } = this.#options;
    const tried = new Set<string>();
    for (
      let now: DiskUsage | null = disk;
      now !== null && usedPercent(now) > lowPercent;
      now = await runtime.engine.disk()
    ) {
      const images = await this.evaluate();
      const next = images.find(({ imageId, verdict }) => verdict.code === "unused" && !tried.has(imageId));
      if (!next || !this.#isReady || signal.aborted) {
        if (usedPercent(now) >= highPercent) this.#complain(now, highPercent);
        return;
      }
      tried.add(next.imageId);
      const kept = await runtime.images.remove(next.imageId, next.names);
      if (kept === null) pulled.forget([next.imageId]);
      const details = { image: nameOf(next), size: formatMemory(next.sizeBytes), disk: percentOf(now), highPercent };
      if (kept === null)
        log.info("the engine's disk is above its high watermark: removed an image that nothing uses", details);
      else
        log.warn("the engine's disk is above its high watermark: an image that nothing uses could not be removed", {
          ...details,
          why: kept,
        });
    }
  }

  /** All images; those that may be removed come first. `going`: containers that count as removed. */
  async evaluate(going: ReadonlySet<string> = new Set()): Promise<EvaluatedImage[]> {
    const { runtime, clock, pulled, assignments } = this.#options;
    const images = await runtime.images.list();
    const uses = (await runtime.containers.uses()).filter(({ containerId }) => !going.has(containerId));
    return evaluateImages(images, uses, assignments.needed(), pulled, clock.now());
  }

  #complain(disk: DiskUsage, highPercent: number): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#options.log.warn("the engine's disk is above its high watermark, and no image is left that may be removed", {
      path: disk.path,
      disk: percentOf(disk),
      highPercent,
      look: "podling node clean --dry-run --images --volumes",
    });
  }
}

function percentOf(disk: DiskUsage): string {
  return `${Math.floor(usedPercent(disk))} % of ${formatMemory(disk.totalBytes)}`;
}
