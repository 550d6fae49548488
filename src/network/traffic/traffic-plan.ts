// What the kernel of one node has to do with the traffic of services and tasks; ruleset.ts turns it into rules. A plan that is
// made after a change keeps the objects of what has not changed: services, ports and networks are compared by identity first.

export interface TrafficPlan {
  /** The ranges of the whole cluster, such as 10.210.0.0/16 and 10.211.0.0/16. They do not overlap. */
  readonly ranges: { readonly tasks: string; readonly services: string };
  readonly bridge: NodeBridge;
  /** Interfaces through which tasks of other nodes are reached: a tunnel, or the network card if there is none. */
  readonly peerInterfaces: readonly string[];
  readonly services: readonly ServiceTraffic[];
  readonly published: readonly PublishedTraffic[];
  /** Every network that has a task in the cluster, with all its tasks. */
  readonly networks: readonly NetworkTraffic[];
  /** The tasks of this node. */
  readonly localTasks: readonly LocalTask[];
}

/** The bridge of this node that its containers are attached to. */
export interface NodeBridge {
  readonly name: string;
  /** The node's part of the range of tasks, such as 10.210.1.0/24. */
  readonly subnet: string;
  /** The address of the bridge itself: the default route of its containers. */
  readonly gateway: string;
  /** The hardware address of the bridge. */
  readonly hardwareAddress: string;
}

/** One ready replica. */
export interface EndpointTraffic {
  readonly address: string;
  /** True when it gets no new connections, and keeps those that it has. */
  readonly draining: boolean;
}

/** By connection: every connection goes to a random endpoint. By client: those of one address go to the same one. */
export type Balance = "connection" | "client";

export interface ServiceTraffic {
  readonly serviceId: string;
  readonly vip: string;
  readonly balance: Balance;
  readonly endpoints: readonly EndpointTraffic[];
}

/** A port of every node that leads to a service. */
export interface PublishedTraffic {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** The port of the containers. */
  readonly targetPort: number;
  readonly balance: Balance;
  /** True when endpoints of this node come before all others, so that they see the address of the client. */
  readonly localFirst: boolean;
  readonly endpoints: readonly EndpointTraffic[];
}

/** The network of an app. Tasks that share one reach each other, others do not. */
export interface NetworkTraffic {
  /** Letters, digits, and any of . _ - */
  readonly networkId: string;
  readonly addresses: readonly string[];
}

export interface LocalTask {
  readonly address: string;
  /** Ids of networks of the plan. */
  readonly networks: readonly string[];
}
