// What the long-running verbs ask for, as values: main.ts has the master and the worker, and hands them in.

import type { RestoreAnswer } from "../../api/views/restore-summary.ts";
import type { Strategy } from "../../model/cluster.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { Simulator } from "../commands/sim/simulator.ts";

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
  /** Of ended containers; Infinity: without that limit. */
  retention: { count: number; ageMs: number };
  /** Of the engine's disk, between which unused images go; null: never by themselves. */
  watermarks: { highPercent: number; lowPercent: number } | null;
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

/** Into the data folder of a master that does not run. */
export interface RestoreSettings {
  dataDir: string;
  dryRun: boolean;
  force: boolean;
}

/** What the command line cannot do by itself. */
export interface Roles {
  // Each of these runs until it is asked to stop, and answers with the exit code.
  master(settings: MasterSettings): Promise<number>;
  worker(settings: WorkerSettings): Promise<number>;
  up(settings: UpSettings): Promise<number>;
  /** Ends by itself: all of the backup is in the folder then, or nothing has changed there. */
  restore(settings: RestoreSettings, backup: AsyncIterable<Uint8Array>): Promise<Outcome<RestoreAnswer>>;
  /** What an engine answers, as it came: it may be anything. Rejects with a sentence where there is no answer. */
  askEngine(dockerHost: string, path: "/version" | "/info" | "/containers/json"): Promise<unknown>;
  /** The process that has this file locked, where the system tells. */
  lockHolder(path: string): string | null;
  /** Loaded when it is asked for. */
  simulator(): Promise<Simulator>;
}
