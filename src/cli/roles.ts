// What the long-running verbs ask for, as values: main.ts has the master and the worker, and hands them in.

import type { Strategy } from "../model/cluster.ts";
import type { Simulator } from "./simulation/simulator.ts";

export interface MasterSettings {
  host: string;
  port: number;
  /** Absolute, or relative to where the command was given. */
  dataDir: string;
  journal: "sqlite" | "memory";
  strategy: Strategy;
  token: string | null;
  /** Listens beyond this machine without a token. */
  insecure: boolean;
  allowedHosts: readonly string[];
  /** Finished tasks kept; undefined: the default of model/limits.ts. */
  retentionCount: number | undefined;
  retentionAgeMs: number | undefined;
  /** More than this share of the nodes silent at once is taken for the master's own network; 1: never. */
  massLossFraction: number;
}

export interface WorkerSettings {
  masterUrl: string;
  /** Where its own HTTP server listens. */
  host: string;
  port: number;
  /** Null: this machine's. */
  hostname: string | null;
  /** Where the master reaches it; null: where it connects from. */
  address: string | null;
  capacity: number;
  labels: Readonly<Record<string, string>>;
  dataDir: string;
  /** unix:///path or http://host:port; null: DOCKER_HOST, else the usual socket. */
  dockerHost: string | null;
  drainOnExit: boolean;
  token: string | null;
  insecure: boolean;
  /** Cores to give to tasks; null: all that the engine has. */
  cpus: number | null;
  /** Bytes; null: all that the engine has. */
  memory: number | null;
}

export interface UpSettings {
  master: MasterSettings;
  worker: WorkerSettings;
}

/** What the command line cannot do by itself. */
export interface Roles {
  // Each of these runs until it is asked to stop, and answers with the exit code.
  master(settings: MasterSettings): Promise<number>;
  worker(settings: WorkerSettings): Promise<number>;
  up(settings: UpSettings): Promise<number>;
  /** Loaded when it is asked for. */
  simulator(): Promise<Simulator>;
}
