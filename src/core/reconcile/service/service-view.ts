// What the planner of a service sees, and what it gives back.

import type { Random } from "../../../lib/random.ts";
import type { Change } from "../../../model/change.ts";
import type { NodeId, TaskId } from "../../../model/ids.ts";
import type { Revision, Rollout, Service } from "../../../model/service/service.ts";
import type { PackedTask } from "../../../model/task/task.ts";
import type { Departure } from "../departures.ts";
import type { GlobalNodes, Replica } from "./replica.ts";

export interface PlanContext {
  /** ms since the epoch. */
  now: number;
  revision: number;
  random: Random;
  lastTaskId: TaskId | null;
}

export interface ServiceView {
  service: Service;
  /** In any order. */
  replicas: readonly Replica[];
  /** Of a global service; null for others. */
  nodes: GlobalNodes | null;
  /** How a rollout to the revision goes. */
  order(number: number): Pick<Rollout, "order" | "why">;
  /** True when the revision may run on the node, whatever its free capacity. */
  mayRun(revision: number, nodeId: NodeId): boolean;
  revision(number: number): Revision;
  /** True when what the revision depends on is not there yet. */
  waits(revision: number): boolean;
  /** Null if the replica stays on its node. */
  departure(replica: Replica): Departure | null;
  /** The fields of a task of this revision that is placed there at once; null if it does not fit now. */
  placeOn(nodeId: NodeId, revision: number, context: PlanContext): Placed | null;
}

export type Placed = Pick<PackedTask, "placement" | "observed">;

export interface Plan {
  /** Empty: nothing to do now. */
  changes: Change[];
  /** When there may be something to do without a change of the records; null: never. */
  dueAt: number | null;
}
