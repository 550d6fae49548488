// Keeps the engine's disk below its high watermark: removes images that Podling pulled and nothing uses, unused for longest
// first, until it is below the low one. Looks on a timer and after every pull; what may go, judge.ts says.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import { plainReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import { type DiskUsage, usedPercent } from "../../model/node/cleanup.ts";
import { formatMemory } from "../../model/quantity.ts";
import type { PulledImage, Runtime } from "../../runtime/runtime.ts";
import { type EvaluatedImage, evaluateImages, nameOf, type Wanted } from "./gc-rules.ts";
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
  wanted: () => Wanted;
  /** Is the engine there, and are all wishes known? Before that nobody can say what is unused. */
  ready: () => boolean;
  /** Null: nothing is removed by itself. */
  watermarks: Watermarks | null;
  /** One clean-up at a time. */
  turn: Semaphore;
}

export class ImageGc {
  readonly #options: ImageGcOptions;
  #cancel: CancelTimer = () => {};
  #looking = false;
  #again = false;
  /** When it was last asked which images are there. */
  #listedAt: number | null = null;
  /** Said once, until the disk is below the watermark again. */
  #complained = false;

  constructor(options: ImageGcOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#cancel());
  }

  /** Looks from now on, once an interval. */
  start(): void {
    const { clock, signal } = this.#options;
    this.#cancel();
    if (!signal.aborted) this.#cancel = clock.timer(limits.diskLookMs, () => this.look());
  }

  /** A pull is over, well or not: the disk may be full now. */
  onPulled(image: string, pulled: PulledImage | null): void {
    if (pulled) this.#options.pulled.pulled(image, pulled);
    this.look();
  }

  /** Between two looks a task may come and go. */
  onUsed(image: string): void {
    this.#options.pulled.used(new Set([plainReference(image)]));
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
        log.warn("unused images could not be looked at", { why: (error as Error).message });
      }
    }
  }

  async #look(): Promise<void> {
    const { runtime, clock, pulled, wanted, ready, watermarks } = this.#options;
    pulled.used(new Set(wanted().images.keys()));
    if (!ready() || pulled.count === 0) return;
    if (this.#listedAt === null || Math.abs(clock.now() - this.#listedAt) >= limits.imageLookMs) {
      this.#listedAt = clock.now();
      const before = pulled.ids; // what is pulled while the engine lists may not be in its list
      const present = new Set((await runtime.images()).map(({ imageId }) => imageId));
      pulled.forget(before.filter((imageId) => !present.has(imageId)));
    }
    if (watermarks === null) return;
    const disk = await runtime.disk();
    if (disk === null || usedPercent(disk) < watermarks.highPercent) this.#complained = false;
    else await this.#makeRoom(disk, watermarks);
  }

  async #makeRoom(disk: DiskUsage, { highPercent, lowPercent }: Watermarks): Promise<void> {
    const { runtime, log, pulled, ready, signal } = this.#options;
    const tried = new Set<string>();
    for (let now: DiskUsage | null = disk; now !== null && usedPercent(now) > lowPercent; now = await runtime.disk()) {
      const judged = await this.judge();
      const next = judged.find(({ imageId, verdict }) => verdict.code === "unused" && !tried.has(imageId));
      if (!next || !ready() || signal.aborted) {
        if (usedPercent(now) >= highPercent) this.#complain(now, highPercent);
        return;
      }
      tried.add(next.imageId);
      const kept = await runtime.removeImage(next.imageId, next.names);
      if (kept === null) pulled.forget([next.imageId]);
      const told = { image: nameOf(next), size: formatMemory(next.sizeBytes), disk: percentOf(now), highPercent };
      if (kept === null) log.info("the engine's disk is filling, so an image that nothing uses was removed", told);
      else log.warn("an image that nothing uses was not removed", { ...told, why: kept });
    }
  }

  /** All images, those that may go first. `going`: containers that count as gone. */
  async judge(going: ReadonlySet<string> = new Set()): Promise<EvaluatedImage[]> {
    const { runtime, clock, pulled, wanted } = this.#options;
    const images = await runtime.images();
    const uses = (await runtime.uses()).filter(({ containerId }) => !going.has(containerId));
    return evaluateImages(images, uses, wanted(), pulled, clock.now());
  }

  #complain(disk: DiskUsage, highPercent: number): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#options.log.warn("the engine's disk is filling, and nothing is left there that may be removed", {
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
