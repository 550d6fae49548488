// What a node is: a machine with an engine and a worker. The record is kept; the view adds what is counted and heard.

import type { NodeId } from "./ids.ts";

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
