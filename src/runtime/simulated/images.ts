// The images of a simulated engine: calls over simulated/storage.ts.

import { delay } from "../../lib/clock.ts";
import type { ImageDigest } from "../../model/service/pinned.ts";
import type { PullPolicy } from "../../model/task/spec.ts";
import { type ImageState, type Images, type PulledImage, sandboxImage } from "../images.ts";
import { RuntimeError } from "../runtime-error.ts";
import type { EngineState } from "./engine-state.ts";
import type { SimulatedImage, SimulatedStorage } from "./storage.ts";

export class SimulatedImages implements Images {
  readonly #engine: EngineState;
  readonly #storage: SimulatedStorage;
  readonly #images: ReadonlyMap<string, SimulatedImage>;

  constructor(engine: EngineState, storage: SimulatedStorage, images: ReadonlyMap<string, SimulatedImage>) {
    this.#engine = engine;
    this.#storage = storage;
    this.#images = images;
  }

  async list(): Promise<ImageState[]> {
    await this.#engine.call("images");
    return this.#storage.images();
  }

  async pull(
    image: string,
    policy: PullPolicy,
    _platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<PulledImage | null> {
    await this.#engine.call("pull");
    const known = this.#images.get(image);
    if (policy !== "always" && known?.present) return null;
    if (policy === "never") {
      throw new RuntimeError("image-not-present", `${image} is not on this node, and its pull policy is never`, false);
    }
    if (!known) throw new RuntimeError("image-not-found", `${image}: manifest unknown`, false);
    for (const percent of [0, 50]) {
      progress(`pulling ${image}: ${percent}% of ${known.sizeBytes} B`);
      await delay(this.#engine.clock, known.pullMs / 2, signal);
      signal.throwIfAborted();
    }
    this.#engine.mustAnswer();
    const failure = known.failure?.();
    if (failure) throw failure;
    return this.#storage.brought(image);
  }

  async digest(): Promise<ImageDigest> {
    await this.#engine.call("images");
    return { digest: null, why: "simulated images have no digests" };
  }

  async makeSandbox(): Promise<void> {
    await this.#engine.call("makeSandbox");
    this.#storage.putImage(sandboxImage, { present: true, pullMs: 0, sizeBytes: 129 });
  }

  async remove(imageId: string, names: readonly string[]): Promise<string | null> {
    await this.#engine.call("removeImage");
    return this.#storage.removeImage(imageId, names);
  }
}
