// A state that comes back from a backup: read line by line and checked, compared with the one it replaces, and made ready
// to follow it, so that no revision, epoch or task id is ever given twice.

import { InvariantError } from "../../lib/assert.ts";
import type { Cluster } from "../../model/cluster.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isFinished, isPlaced, type TaskStatus } from "../../model/task/task.ts";
import type { ClusterState } from "./cluster-state.ts";
import { recordFault } from "./record-check.ts";
import { SnapshotReader } from "./snapshot.ts";

/** What is wrong with a record, as a sentence. */
export class BadRecord extends Error {
  override name = "BadRecord";
}

/** Reads records that nobody vouches for. Throws BadRecord. */
export class RestoreReader {
  readonly #reader = new SnapshotReader();
  #headers = 0;

  line(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new BadRecord(`it is not JSON: ${(error as Error).message}`);
    }
    const fault = recordFault(value);
    if (fault !== null) throw new BadRecord(fault);
    const { node, task, header } = value as {
      node?: { nodeId: NodeId };
      task?: { taskId: TaskId; nodeId?: NodeId; status?: TaskStatus };
      header?: unknown;
    };
    const { state } = this.#reader;
    if (header !== undefined && ++this.#headers > 1) throw new BadRecord("it is a second header");
    if (node && state.nodes.has(node.nodeId)) throw new BadRecord(`node ${node.nodeId} is there twice`);
    if (task && state.tasks.has(task.taskId)) throw new BadRecord(`task ${task.taskId} is there twice`);
    if (task && isPlaced(task.status ?? "pending") && !state.nodes.has(task.nodeId!))
      throw new BadRecord(`task ${task.taskId} is placed on node ${task.nodeId}, which is not there`);
    if (state.tasks.size >= limits.restoredTasks)
      throw new BadRecord(`there are more than ${limits.restoredTasks} tasks`);
    broken(() => this.#reader.line(value));
  }

  /** The state that all of them are. */
  end(): ClusterState {
    if (this.#headers === 0) throw new BadRecord("there is no header");
    const { state } = this.#reader;
    broken(() => this.#reader.end());
    for (const taskId of state.finished.values()) {
      const task = state.tasks.get(taskId);
      if (!task || !isFinished(task.status)) throw new BadRecord(`task ${taskId} is listed as finished, and is not`);
    }
    return state;
  }
}

/** An invariant that these records break is their fault, not ours. */
function broken(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (error instanceof InvariantError) throw new BadRecord(error.message);
    throw error;
  }
}

/** What is known of the cluster that a backup replaces. */
export interface Replaced {
  revision: number;
  cluster: Cluster;
  lastTaskId: TaskId | null;
}

/** May be replaced without a word: nothing in it is anybody's. */
export function isEmptyCluster(state: ClusterState): boolean {
  return state.tasks.size === 0;
}

/**
 * Sets `state`, just read from a backup, to follow `before`. Where the backup's own cluster went on unseen (its machine
 * died, this is another journal), nobody knows which revisions and epochs it still gave. Then both jump to the time:
 * no journal writes a batch each millisecond, and no master starts each second, since 1970.
 */
export function continueAfter(state: ClusterState, before: Replaced, now: number): void {
  const seen = before.cluster.clusterId === state.cluster.clusterId && before.revision >= state.revision;
  const revision = Math.max(before.revision, state.revision, seen ? 0 : Math.floor(now)) + 1;
  const epoch = Math.max(before.cluster.epoch, state.cluster.epoch, seen ? 0 : Math.floor(now / 1000));
  state.revision = revision;
  state.cluster = { ...state.cluster, epoch };
  if (before.lastTaskId !== null && before.lastTaskId > (state.lastTaskId ?? "")) state.lastTaskId = before.lastTaskId;
}

/** What a backup says of a node may be long past: until it registers, only that it is there counts. */
export function markUnconfirmed(state: ClusterState): void {
  for (const nodeId of [...state.nodes.keys()]) state.apply({ type: "node.updated", nodeId, set: { unheard: true } });
}

/** One that differs: its status now and in the backup, null where it is not there. */
export interface Difference {
  id: string;
  name: string;
  now: string | null;
  inBackup: string | null;
}

/** The first of them, and how many there are in all. */
export interface Differences {
  count: number;
  /** Tasks of these that hold a place now: their containers are stopped. */
  live: number;
  first: Difference[];
}

export interface Comparison {
  /** Here now, and not in the backup. */
  forgotten: Differences;
  /** In the backup, and not here now. */
  returning: Differences;
  /** In both, with another status. */
  differing: Differences;
}

/** What becomes of tasks, and of nodes, when `then` takes the place of `now`. */
export function compareStates(now: ClusterState, then: ClusterState): { tasks: Comparison; nodes: Comparison } {
  const tasks = (state: ClusterState) => ({
    get: (id: string) => {
      const task = state.tasks.get(id as TaskId);
      return task && { name: task.name, status: task.status as string, live: isPlaced(task.status) };
    },
    ids: state.tasks.keys(),
  });
  const nodes = (state: ClusterState) => ({
    get: (id: string) => {
      const node = state.nodes.get(id as NodeId);
      return (
        node && {
          name: node.hostname,
          status: node.schedulable ? node.status : `${node.status}, cordoned`,
          live: false,
        }
      );
    },
    ids: state.nodes.keys(),
  });
  return { tasks: compare(tasks(now), tasks(then)), nodes: compare(nodes(now), nodes(then)) };
}

interface Side {
  get(id: string): { name: string; status: string; live: boolean } | undefined;
  ids: Iterable<string>;
}

function compare(now: Side, then: Side): Comparison {
  const none = (): Differences => ({ count: 0, live: 0, first: [] });
  const comparison: Comparison = { forgotten: none(), returning: none(), differing: none() };
  const note = (differences: Differences, difference: Difference, live: boolean) => {
    differences.count++;
    if (live) differences.live++;
    if (differences.first.length < limits.differencesListed) differences.first.push(difference);
  };
  for (const id of now.ids) {
    const [here, there] = [now.get(id)!, then.get(id)];
    const difference = { id, name: here.name, now: here.status, inBackup: there?.status ?? null };
    if (!there) note(comparison.forgotten, difference, here.live);
    else if (here.status !== there.status) note(comparison.differing, difference, here.live);
  }
  for (const id of then.ids) {
    if (now.get(id)) continue;
    const there = then.get(id)!;
    note(comparison.returning, { id, name: there.name, now: null, inBackup: there.status }, false);
  }
  return comparison;
}
