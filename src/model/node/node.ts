// What a node is: a machine with a container engine and a worker. The record is kept in the log; the API's view adds what
// the master counts, and the time of the last heartbeat.

import type { NodeId } from "../ids.ts";

export interface EngineInfo {
  /** "docker", "podman" */
  name: string;
  version: string;
  /** "linux" */
  os: string;
  /** As Docker names platforms: "amd64", "arm64". */
  arch: string;
}

const architectures: Record<string, string> = { x86_64: "amd64", aarch64: "arm64" };

/** The architecture in Docker's words ("amd64") for a machine's own ("x86_64"); an unknown one unchanged. */
export function dockerArch(arch: string): string {
  return architectures[arch] ?? arch;
}

/**
 * Why an online node gets no new tasks: its connection broke and its grace period runs; it sends no heartbeats while most
 * nodes send none, which points at the master's own network; or it sends none and is about to be lost.
 */
export const suspicionCodes = ["connection-broken", "mass-silence", "silent"] as const;

export interface Suspicion {
  code: (typeof suspicionCodes)[number];
  message: string;
  since: string;
}

/** A node that was lost lately, perhaps repeatedly. A period without a loss forgives one loss. */
export interface Flapping {
  /** Losses that counted when it was lost last. */
  losses: number;
  lostAt: string;
  /** While damped: the time until which the node must stay online to count as steady. Null if it is not damped. */
  steadyUntil: string | null;
  /** Length of that period in ms; 0 if it is not damped. Doubles with each loss. */
  steadyMs: number;
}

/** Immutable: every change makes a new record. Times are ISO 8601 UTC. */
export interface NodeRecord {
  readonly nodeId: NodeId;
  readonly hostname: string;
  /** Port of the worker's own HTTP server. */
  readonly port: number;
  /** Host name or IP address under which the master reaches that server. */
  readonly address: string;
  /** Tasks at once. */
  readonly capacity: number;
  /** Cores; 0 if the worker did not say, which means no limit. */
  readonly cpu: number;
  /** Bytes; 0 if the worker did not say, which means no limit. */
  readonly memory: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: "online" | "offline";
  /** False when cordoned. */
  readonly schedulable: boolean;
  /** Null if the node sends heartbeats as it should, or is offline. */
  readonly suspect: Suspicion | null;
  /** Null if it was not lost lately. */
  readonly flapping: Flapping | null;
  /** Null until the engine has answered. */
  readonly engine: EngineInfo | null;
  /** What the worker says while its engine does not answer; null if it answers. */
  readonly engineError: string | null;
  readonly version: string;
  readonly registeredAt: string;
  /** True when the node is known from a backup and has not registered since: its fields may be out of date. */
  readonly unconfirmed?: boolean;
}

export const nodeDefaults = { suspect: null, flapping: null } as const;

/** A node without the fields that hold the default: how the log writes it. */
export type PackedNode = Omit<NodeRecord, keyof typeof nodeDefaults> & Partial<NodeRecord>;

export function unpackNode(packed: PackedNode): NodeRecord {
  return { ...nodeDefaults, ...packed };
}

export function packNode({ suspect, flapping, ...rest }: NodeRecord): PackedNode {
  return { ...rest, ...(suspect ? { suspect } : {}), ...(flapping ? { flapping } : {}) };
}

/** What the API shows. `unheard` is the public name of `unconfirmed`. */
export interface Node extends Omit<NodeRecord, "unconfirmed"> {
  unheard?: boolean;
  /** Tasks that take capacity: scheduled and running. */
  runningTasks: number;
  /** Sum of their requests: cores and bytes. */
  used: { cpu: number; memory: number };
  lastHeartbeat: string | null;
}

/** The record as it leaves the master; the master adds its counts and the time of the last heartbeat. */
export function viewNodeRecord({
  unconfirmed,
  ...record
}: NodeRecord): Omit<Node, "runningTasks" | "used" | "lastHeartbeat"> {
  return unconfirmed === undefined ? record : { ...record, unheard: unconfirmed };
}

/** Why the node comes last: "was lost 4 times lately: gets tasks only if no steady node fits, ..."; null if it is not damped. */
export function dampedSentence({ flapping }: Pick<NodeRecord, "flapping">): string | null {
  if (!flapping || flapping.steadyUntil === null) return null;
  const { losses, steadyMs, steadyUntil } = flapping;
  return `was lost ${losses} times lately: gets tasks only if no steady node fits, until ${steadyUntil.slice(11, 19)} UTC (${steadyMs / 1000} s without a loss)`;
}
