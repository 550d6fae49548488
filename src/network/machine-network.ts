// The port to the network settings of this machine that the rules of the packet filter need. They stay when this process ends.

/** What is prepared: the bridge is there already, made by the engine. */
export interface MachineNeeds {
  readonly bridge: string;
  /** The range of virtual addresses. */
  readonly services: string;
  readonly tunnel: Tunnel;
}

/**
 * How tasks of other nodes are reached. `direct`: by routes, on one LAN whose machines are trusted. `vxlan`: in packets between
 * the nodes, not encrypted, where the LAN takes no foreign addresses. `wireguard`: encrypted, also over other networks.
 */
export type Tunnel =
  | { readonly kind: "direct"; readonly interfaces: readonly string[]; readonly peers: readonly Peer[] }
  | { readonly kind: "vxlan"; readonly own: Peer; readonly mtu: number; readonly peers: readonly Peer[] }
  | {
      readonly kind: "wireguard";
      /** A file with the node's private key, as `wg genkey` makes it. It never leaves the node. */
      readonly keyFile: string;
      readonly port: number;
      readonly mtu: number;
      readonly peers: readonly WireguardPeer[];
    };

export interface Peer {
  /** The range of the node's tasks, such as 10.210.2.0/24. */
  readonly subnet: string;
  /** The address under which other nodes reach it. */
  readonly address: string;
}

export interface WireguardPeer extends Peer {
  readonly publicKey: string;
  readonly port: number;
}

export interface MachineNetwork {
  /**
   * Makes the settings what is needed, and returns the hardware address of the bridge. May be repeated, and is: other programs
   * change settings, and containers that start have new ports on the bridge. Throws with a sentence if it cannot.
   */
  prepare(needs: MachineNeeds): Promise<{ hardwareAddress: string }>;

  /** A sentence for each route of other programs that overlaps one of these ranges. Asked before `prepare`, which makes routes. */
  overlaps(ranges: readonly string[], bridge: string): Promise<string[]>;
}
