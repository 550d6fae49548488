// This node as the master is to know it: what was configured, and what the engine says of the machine.

import type { EngineInfo } from "../model/node/node.ts";
import type { NodePolicy } from "../model/node/policy.ts";
import { networkFeature } from "../model/task/cluster-network.ts";
import { knownFeatures, restartFeature } from "../model/task/needs.ts";
import type { NodeDescription, NodeSource } from "./link/node-description.ts";
import type { NodeIdentity } from "./task/runner-context.ts";

export interface NodeSettings {
  hostname: string;
  /** Where the worker's own server listens. */
  port: number;
  /** Where the master reaches it; null: where the registration comes from. */
  address: string | null;
  /** The IP address for ports that are published on the address of the node; null or left out: `address`. */
  publishAddress?: string | null;
  capacity: number;
  labels: Record<string, string>;
  /** Cores and bytes to offer; null: what the engine has. */
  cpu: number | null;
  memory: number | null;
  version: string;
  /** What the administrator allows to containers; null or left out: everything that the engine can do. */
  policy?: NodePolicy | null;
  /** True when its containers can have addresses of the cluster. Left out: false. */
  networked?: boolean;
}

/** What the engine has said of itself. */
export interface EngineFacts {
  /** Null until it has answered once. */
  readonly machine: { engine: EngineInfo; cpu: number; memory: number } | null;
  /** Why it cannot be used; null if it can. */
  readonly error: string | null;
  /** Why no container can start although it answers; null if nothing is known. */
  readonly fault: string | null;
}

export class LocalNode implements NodeSource {
  readonly #settings: NodeSettings;
  readonly #identity: NodeIdentity;
  readonly #engine: EngineFacts;

  constructor(settings: NodeSettings, identity: NodeIdentity, engine: EngineFacts) {
    this.#settings = settings;
    this.#identity = identity;
    this.#engine = engine;
  }

  describe(): NodeDescription {
    const { hostname, port, address, capacity, labels, cpu, memory, version, policy, networked } = this.#settings;
    const { machine, error, fault } = this.#engine;
    const { nodeId } = this.#identity;
    return {
      ...{ hostname, port, capacity, labels, version },
      cpu: cpu ?? machine?.cpu ?? 0,
      memory: memory ?? machine?.memory ?? 0,
      engine: machine?.engine ?? null,
      engineError: error ?? fault,
      features: [...knownFeatures, restartFeature, ...(networked ? [networkFeature] : [])],
      ...(policy ? { policy: { ...policy, binds: [...policy.binds] } } : {}),
      ...(address === null ? {} : { address }),
      ...(nodeId === "" ? {} : { nodeId }),
    };
  }
}
