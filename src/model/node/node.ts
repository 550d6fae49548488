// What a node is: a machine with a container engine and a worker. The record is kept in the log; the API's view adds what
// the master counts, and the time of the last heartbeat.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId } from "../ids.ts";
import type * as schema from "./schema.ts";

export type EngineInfo = DeepReadonly<z.output<typeof schema.engine>>;

const architectures: Record<string, string> = {
  ...{ x86_64: "amd64", aarch64: "arm64", i386: "386", i686: "386" },
  ...{ armv6l: "arm", armv7l: "arm", armhf: "arm", armel: "arm" },
};

/** The architecture in Docker's words ("amd64") for a machine's own ("x86_64"); an unknown one unchanged. */
export function dockerArch(arch: string): string {
  return architectures[arch] ?? arch;
}

export type Suspicion = DeepReadonly<z.output<typeof schema.suspicion>>;

/** A node that was lost lately, perhaps repeatedly. A period without a loss forgives one loss. */
export type Flapping = DeepReadonly<z.output<typeof schema.flapping>>;

/** The fields of the schema. Immutable: every change makes a new record. Times are ISO 8601 UTC. */
export interface NodeRecord extends DeepReadonly<z.output<typeof schema.nodeRecord>> {
  readonly nodeId: NodeId;
  readonly unconfirmed?: boolean;
}

export const nodeDefaults = {
  userLabels: null,
  workerLabels: null,
  suspect: null,
  flapping: null,
  draining: null,
  instance: null,
  askedHostname: null,
  features: null,
  policy: null,
  offlineSince: null,
} as const;

/** A node without the fields that hold the default: how the log writes it. */
export type PackedNode = Omit<NodeRecord, keyof typeof nodeDefaults> & Partial<NodeRecord>;

export function unpackNode(packed: PackedNode): NodeRecord {
  return { ...nodeDefaults, ...packed };
}

export function packNode(node: NodeRecord): PackedNode {
  const { userLabels, workerLabels, suspect, flapping, draining, instance, askedHostname, ...others } = node;
  const { features, policy, offlineSince, ...rest } = others;
  return {
    ...rest,
    ...(userLabels ? { userLabels } : {}),
    ...(workerLabels ? { workerLabels } : {}),
    ...(suspect ? { suspect } : {}),
    ...(flapping ? { flapping } : {}),
    ...(draining ? { draining } : {}),
    ...(instance === null ? {} : { instance }),
    ...(askedHostname === null ? {} : { askedHostname }),
    ...(features ? { features } : {}),
    ...(policy ? { policy } : {}),
    ...(offlineSince === null ? {} : { offlineSince }),
  };
}

/**
 * True when a worker has the node. A worker of 0.1.0 says its release, and newer ones also which process they are. A node that
 * was registered by hand has neither, and starts nothing.
 */
export function hasWorker({
  version,
  instance = null,
}: Pick<NodeRecord, "version"> & { instance?: string | null }): boolean {
  return version !== "" || instance !== null;
}

/** What the API shows. */
export interface Node extends DeepReadonly<z.output<typeof schema.nodeView>> {
  readonly nodeId: NodeId;
  readonly unheard?: boolean;
  readonly askedHostname?: string;
  readonly offlineSince?: string;
}

/** The fields that the master adds: its counts, and the time of the last heartbeat. */
export type NodeUse = DeepReadonly<z.output<typeof schema.nodeUse>>;

/** The record as it leaves the master, without those fields. */
export function viewNodeRecord(node: NodeRecord): Omit<Node, keyof NodeUse> {
  const { unconfirmed, userLabels, workerLabels, instance: _, askedHostname, ...others } = node;
  const { features, policy, draining, offlineSince, ...record } = others;
  return {
    ...record,
    ...(userLabels && workerLabels ? { userLabels, workerLabels } : {}),
    ...(draining ? { draining } : {}),
    ...(features ? { features } : {}),
    ...(policy ? { policy } : {}),
    ...(unconfirmed === undefined ? {} : { unheard: unconfirmed }),
    ...(askedHostname === null ? {} : { askedHostname }),
    ...(offlineSince === null ? {} : { offlineSince }),
  };
}

/** Why the node comes last: "was lost 4 times lately: gets tasks only if no steady node fits, ..."; null if it is not damped. */
export function dampedSentence({ flapping }: Pick<NodeRecord, "flapping">): string | null {
  if (!flapping || flapping.steadyUntil === null) return null;
  const { losses, steadyMs, steadyUntil } = flapping;
  return `was lost ${losses} times lately: gets tasks only if no steady node fits, until ${steadyUntil.slice(11, 19)} UTC (${steadyMs / 1000} s without a loss)`;
}
