// All that there is in one simulated run, for those who break it and those who check it.

import type { TaskView } from "../../model/task/view.ts";
import type { Quiet } from "../checkers/quiet-when-settled.ts";
import type { Disturbance } from "../faults/disturbance.ts";
import type { MasterMachine } from "../machines/master-machine.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Ledger } from "../workload/ledger.ts";
import type { WatchClient } from "../workload/watch-client.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import type { Truth } from "./truth.ts";

/** How a run can fail. */
export type FailureClass = "safety" | "liveness" | "crash";

export interface Failure {
  class: FailureClass;
  /** The checker that found it, or where it broke. */
  checker: string;
  message: string;
  /** ms of virtual time. */
  atMs: number;
}

export interface RunContext {
  world: World;
  network: Network;
  truth: Truth;
  ledger: Ledger;
  master: MasterMachine;
  workers: readonly WorkerMachine[];
  disturbance: Disturbance;
  /** Machines that cannot be heard by the master, and since when. */
  away: Map<string, number>;
  /** Nothing breaks any more. */
  healed: boolean;
  /** A watcher's copy of all tasks. */
  mirror: WatchClient;
  /** What happens while nothing should. */
  quiet: Quiet;
  /** A request to the master, answered without a network. Throws where there is no master. */
  ask<T>(path: string, method?: string): Promise<T>;
  /** All tasks, as the master lists them. */
  list(): Promise<TaskView[]>;
  /** The run has failed; the first failure counts. */
  fail(failure: Omit<Failure, "atMs">): void;
}
