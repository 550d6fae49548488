// The volumes of a simulated engine: calls over simulated/storage.ts.

import type { VolumeState, Volumes } from "../volumes.ts";
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

  /** The content is one text, in the form of an archive with nothing but that. */
  async archive(name: string): Promise<ReadableStream<Uint8Array>> {
    await this.#engine.call("archiveVolume");
    return new Response(archiveOf(this.#storage.content(name))).body!;
  }

  async fill(
    name: string,
    labels: Readonly<Record<string, string>>,
    _owner: string,
    archive: ReadableStream<Uint8Array>,
  ): Promise<void> {
    await this.#engine.call("fillVolume");
    const bytes = await new Response(archive).bytes();
    this.#storage.putVolume(name, labels);
    this.#storage.setContent(name, contentOf(bytes));
  }

  async removeHelpers(): Promise<void> {}
}

/** A block that looks like the header of an archive, the text in the next one, and the end. */
function archiveOf(content: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * 512);
  const text = new TextEncoder();
  bytes.set(text.encode("ustar"), 257);
  bytes.set(text.encode(content), 512);
  return bytes;
}

function contentOf(archive: Uint8Array): string {
  return new TextDecoder().decode(archive.subarray(512, 1024)).replace(/\0+$/, "");
}
