// The port to the network settings of this machine that the rules of the packet filter need. They stay when this process ends.

/** What is prepared: the bridge is there already, made by the engine. */
export interface MachineNeeds {
  readonly bridge: string;
  /** The range of virtual addresses. */
  readonly services: string;
  /** Interfaces through which tasks of other nodes are reached. */
  readonly peerInterfaces: readonly string[];
  /** How to reach the tasks of other nodes without a tunnel. */
  readonly routes: readonly NodeRoute[];
}

export interface NodeRoute {
  /** The range of a node's tasks. */
  readonly subnet: string;
  /** The address of that node. */
  readonly via: string;
}

export interface MachineNetwork {
  /**
   * Makes the settings what is needed, and returns the hardware address of the bridge. May be repeated, and is: other programs
   * change settings, and containers that start have new ports on the bridge. Throws with a sentence if it cannot.
   */
  prepare(needs: MachineNeeds): Promise<{ hardwareAddress: string }>;
}
