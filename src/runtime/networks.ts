// The port to the networks of an engine. Each method may throw RuntimeError("engine-unavailable").

/** A bridge with addresses that the caller chooses. The engine translates no addresses: other machines may route to it. */
export interface BridgeNetwork {
  /** Of the network, and of the interface. */
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
  /** The part from which the engine gives addresses to containers that ask for none. */
  readonly engineRange: string;
  /** Null: that of the engine. */
  readonly mtu: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Networks {
  /**
   * Makes the network, or leaves the one that is there if it is this one. One of the same labels with other settings is made again
   * if no container uses it. Throws EngineRefused with a sentence if it cannot be made, or if another program made one of its name.
   */
  ensure(network: BridgeNetwork): Promise<void>;
}
