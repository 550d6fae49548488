// Everything in one simulated run, for the code that breaks it and for the checkers.

import type { ServerSentEvent } from "../../lib/sse.ts";
import type { ServiceId } from "../../model/ids.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Disturbance } from "../faults/disturbance.ts";
import type { MasterMachine } from "../machines/master-machine.ts";
import type { Registry } from "../machines/programs.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Ledger } from "../workload/ledger.ts";
import type { RecordCopy } from "../workload/record-copy.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import type { Activity } from "./activity.ts";
import type { Failure } from "./failure.ts";
import type { Truth } from "./truth.ts";

/** A client that lists once and then watches. */
export interface Watching {
  readonly records: RecordCopy;
  /** The copy has all changes up to this revision. Null until the client has listed. */
  readonly revision: number | null;
  /** Events received. */
  readonly events: number;
}

/** Gets what a client of the endpoints of a service does and reads. */
export interface EndpointListener {
  /** It asks for the stream of this service. */
  opens(serviceId: ServiceId): void;
  event(event: ServerSentEvent): void;
  /** Its stream has ended. */
  ends(): void;
}

export interface RunContext {
  world: World;
  network: Network;
  truth: Truth;
  ledger: Ledger;
  master: MasterMachine;
  workers: readonly WorkerMachine[];
  registry: Registry;
  disturbance: Disturbance;
  /** Machines whose worker cannot reach the master, and since when (ms of virtual time). */
  away: Map<string, number>;
  /** True when nothing breaks any more. */
  repaired: boolean;
  watchClient: Watching;
  /** A client that follows endpoints. Null if the plan has none. */
  endpointClient: { listener: EndpointListener } | null;
  /** What happens after the cluster has come to rest. */
  activity: Activity;
  /** A request to the master, answered without a network. Throws if there is no master. */
  ask<T>(path: string, method?: string): Promise<T>;
  /** All tasks, as the master lists them. */
  list(): Promise<TaskView[]>;
  /** Fails the run; the first failure counts. */
  fail(failure: Omit<Failure, "atMs">): void;
}
