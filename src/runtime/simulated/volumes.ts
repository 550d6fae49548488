// The volumes of a simulated engine: calls over simulated/storage.ts. The files of a volume are one text, which is read and
// written in pieces as an archive is.

import { concatenate } from "../../lib/frames.ts";
import { RuntimeError } from "../runtime-error.ts";
import type { VolumeState, Volumes } from "../volumes.ts";
import { archiveOf, contentOf } from "./archive.ts";
import type { EngineState } from "./engine-state.ts";
import type { SimulatedStorage } from "./storage.ts";

export class SimulatedVolumes implements Volumes {
  readonly #engine: EngineState;
  readonly #storage: SimulatedStorage;

  constructor(engine: EngineState, storage: SimulatedStorage) {
    this.#engine = engine;
    this.#storage = storage;
  }

  async list(withSizes: boolean): Promise<VolumeState[]> {
    await this.#engine.call("volumes");
    return this.#storage.volumes(withSizes);
  }

  async remove(name: string): Promise<string | null> {
    await this.#engine.call("removeVolume");
    return this.#storage.removeVolume(name);
  }

  async archive(name: string, _owner: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    await this.#engine.call("archiveVolume");
    signal.throwIfAborted();
    const pieces = archiveOf(this.#storage.content(name));
    const engine = this.#engine;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await engine.piece();
          signal.throwIfAborted();
          const piece = pieces.shift();
          if (piece) controller.enqueue(piece);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async fill(
    name: string,
    labels: Readonly<Record<string, string>>,
    _owner: string,
    archive: ReadableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#engine.call("fillVolume");
    const fill = this.#storage.beginFill(name, labels);
    const next = untilAborted(archive, signal);
    const pieces: Uint8Array[] = [];
    try {
      for (let piece = await next(); piece !== null; piece = await next()) {
        await this.#engine.piece();
        pieces.push(piece);
        fill.write(contentOf(concatenate(pieces)));
      }
      fill.complete();
    } catch (error) {
      // As with a real engine: one that is away keeps what it has so far.
      await this.#engine.call("removeVolume").then(fill.drop, () => {});
      if (error instanceof RuntimeError || signal.aborted) throw error;
      throw new RuntimeError("engine-unavailable", `the archive broke off: ${(error as Error).message}`, true);
    }
  }

  async removeHelpers(_owner: string, volume: string | null): Promise<void> {
    await this.#engine.call("removeHelpers");
    for (const name of this.#storage.partial) if (volume === null || volume === name) this.#storage.dropPartial(name);
  }
}

/** Gives the next piece at each call, and null at the end. Fails at once when the signal aborts. */
function untilAborted(stream: ReadableStream<Uint8Array>, signal: AbortSignal): () => Promise<Uint8Array | null> {
  const reader = stream.getReader();
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => {
      reject(signal.reason);
      reader.cancel(signal.reason).catch(() => {});
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  aborted.catch(() => {});
  return async () => {
    const { done, value } = await Promise.race([aborted, reader.read()]);
    signal.throwIfAborted(); // to a reader that was cancelled, the stream has ended
    return done ? null : value!;
  };
}
