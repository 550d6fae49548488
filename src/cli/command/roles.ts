// What commands need from the rest of the program: master, worker, engine, simulator. main.ts implements it.

import type { RestoreAnswer } from "../../api/views/restore-summary.ts";
import type { Log } from "../../lib/log.ts";
import type { Strategy } from "../../model/cluster/cluster.ts";
import type { NodePolicy } from "../../model/node/policy.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { Simulator } from "../commands/sim/simulator.ts";

export interface MasterSettings {
  host: string;
  port: number;
  /** Absolute, or relative to the working directory. */
  dataDir: string;
  journal: "sqlite" | "memory";
  strategy: Strategy;
  token: string | null;
  /** True when the master may listen on other addresses than loopback without a token. */
  insecure: boolean;
  allowedHosts: readonly string[];
  /** Origins of web pages that may call the API, as browsers send them: "http://localhost:3000". */
  allowedOrigins: readonly string[];
  /** Number of finished tasks to keep. Undefined for the default of model/limits.ts. */
  retentionCount: number | undefined;
  retentionAgeMs: number | undefined;
  /** How much history the journal keeps; Infinity for no limit. */
  history: { ms: number; bytes: number };
  /** If more than this share of the nodes stops sending heartbeats at once, none is declared lost. 1 switches this off. */
  massLossFraction: number;
  /** The file of the key that secrets are sealed with. Null for the usual places. */
  keyFile: string | null;
}

export interface WorkerSettings {
  masterUrl: string;
  /** The address of its own HTTP server. */
  host: string;
  port: number;
  /** Null for the name of this machine. */
  hostname: string | null;
  /** The address at which the master reaches it. Null for the one that it connects from. */
  address: string | null;
  publishAddress: string | null;
  capacity: number;
  labels: Readonly<Record<string, string>>;
  dataDir: string;
  /** unix:///path or http://host:port. Null for DOCKER_HOST, or else the usual socket. */
  dockerHost: string | null;
  drainOnExit: boolean;
  /** Limits for ended containers that are kept; Infinity for no limit. */
  retention: { count: number; ageMs: number };
  /** Use of the engine's disk at which unused images are removed, and down to which. Null for never. */
  watermarks: { highPercent: number; lowPercent: number } | null;
  token: string | null;
  insecure: boolean;
  /** Cores for tasks. Null for all cores of the engine. */
  cpus: number | null;
  /** Bytes for tasks. Null for all memory of the engine. */
  memory: number | null;
  /** What containers may do on this machine. Null for everything that the engine can do. */
  policy: NodePolicy | null;
  /** Folder for the files of secrets. Null for the usual places. */
  secretsDir: string | null;
}

/** What `podling up` shows a person, instead of the lines of the log. */
export interface UpScreen {
  log(role: string): Log;
  /** Both roles have started; the master answers at this address. `joined` resolves when the worker has registered. */
  started(url: string, joined: Promise<void>): void;
  /** The roles are about to stop, and the master still answers. Resolves soon. */
  stopping(): Promise<void>;
}

export interface UpSettings {
  master: MasterSettings;
  worker: WorkerSettings;
}

/** For a restore into the data folder of a stopped master. */
export interface RestoreSettings {
  dataDir: string;
  dryRun: boolean;
  force: boolean;
}

export interface EngineFacts {
  /** Why the engine starts no container although it answers. Null if nothing is known. */
  fault: string | null;
  /** The folders on the engine's machine that may hold its images, the most likely first. */
  imageFolders: readonly string[];
}

export interface Roles {
  // The first three run until they are asked to stop, and resolve with the exit code.
  master(settings: MasterSettings): Promise<number>;
  worker(settings: WorkerSettings): Promise<number>;
  /** `screen`: null without a terminal, as in a service. */
  up(settings: UpSettings, screen: UpScreen | null): Promise<number>;
  /** Restores all of the backup into the folder, or changes nothing there. */
  restore(settings: RestoreSettings, backup: AsyncIterable<Uint8Array>): Promise<Outcome<RestoreAnswer>>;
  /** The response of an engine, unchecked. Rejects with a sentence if there is none. */
  askEngine(
    dockerHost: string,
    path: "/version" | "/info" | "/containers/json" | "/services" | "/configs" | "/networks" | "/nodes",
  ): Promise<unknown>;
  /** What a worker would find out about this engine. Rejects if the engine does not answer. */
  inspectEngine(dockerHost: string): Promise<EngineFacts>;
  /** The id of the process that holds the lock of this file. Null if none does, or if the system does not say. */
  lockHolder(path: string): string | null;
  /** Loads the simulator on the first call. */
  simulator(): Promise<Simulator>;
}
