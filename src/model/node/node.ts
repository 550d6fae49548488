// What a node is: a machine with an engine and a worker. The record is kept; the view adds what is counted and heard.

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

/** A machine's own word for its architecture ("x86_64") in Docker's ("amd64"); others as they are. */
export function dockerArch(arch: string): string {
  return architectures[arch] ?? arch;
}

/**
 * Why a node that still counts as online gets nothing new: its connection broke and it has a short grace to come back;
 * it is silent while most are, which is taken for the master's own network; or it is silent, and about to be lost.
 */
export const suspicionCodes = ["connection-broken", "mass-silence", "silent"] as const;

export interface Suspicion {
  code: (typeof suspicionCodes)[number];
  message: string;
  since: string;
}

/** A node that is lost again and again. Each stretch of time without a loss forgives one. */
export interface Flapping {
  /** Losses that counted when it was lost last. */
  losses: number;
  lostAt: string;
  /** It is damped: back, but nothing is placed on it before it has been steady until then; null: not so. */
  steadyUntil: string | null;
  /** How long that is; 0 while it is not damped. It doubles with each loss. */
  steadyMs: number;
}

/** What records of before lack: they mean the same. */
export const nodeDefaults = { suspect: null, flapping: null } as const;

/** Immutable: every change makes a new record. */
export interface NodeRecord {
  readonly nodeId: NodeId;
  hostname: string;
  /** Where the worker's own HTTP server listens. */
  port: number;
  /** Where the master reaches that server: a host name or an IP address. */
  address: string;
  /** Tasks at once. */
  capacity: number;
  /** Cores; 0: not told, and then not a limit. */
  cpu: number;
  /** Bytes; 0: not told, and then not a limit. */
  memory: number;
  labels: Readonly<Record<string, string>>;
  status: "online" | "offline";
  /** false: cordoned. */
  schedulable: boolean;
  /** null: it is heard as it should be, or it is offline. */
  suspect: Suspicion | null;
  /** null: it was not lost lately. */
  flapping: Flapping | null;
  engine: EngineInfo | null;
  /** What the worker says while its engine does not answer; null: it does. */
  engineError: string | null;
  version: string;
  registeredAt: string;
  /** true: it is known from a backup, and has not registered since. What it is now, it has still to say. */
  unheard?: boolean;
}

/** What the API shows. */
export interface Node extends NodeRecord {
  /** Tasks that hold a place: scheduled and running. */
  runningTasks: number;
  /** Sum of their requests: cores and bytes. */
  used: { cpu: number; memory: number };
  lastHeartbeat: string | null;
}

/** "was lost 4 times lately; nothing new before it has been steady for 60 s, at 12:34:56 UTC"; null: it is not damped. */
export function dampedSentence({ flapping }: Pick<NodeRecord, "flapping">): string | null {
  if (!flapping || flapping.steadyUntil === null) return null;
  const { losses, steadyMs, steadyUntil } = flapping;
  return `was lost ${losses} times lately: nothing new before it has been steady for ${steadyMs / 1000} s, at ${steadyUntil.slice(11, 19)} UTC`;
}
