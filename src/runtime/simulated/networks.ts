// The networks of a simulated engine: it keeps which there are.

import type { BridgeNetwork, Networks } from "../networks.ts";
import type { EngineState } from "./engine-state.ts";

export class SimulatedNetworks implements Networks {
  readonly #engine: EngineState;
  readonly made = new Map<string, BridgeNetwork>();

  constructor(engine: EngineState) {
    this.#engine = engine;
  }

  async ensure(network: BridgeNetwork): Promise<void> {
    await this.#engine.call("network");
    this.made.set(network.name, network);
  }
}
