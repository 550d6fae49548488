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
}
