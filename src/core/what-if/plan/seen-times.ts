// How long things took in this cluster, from the records that are kept: starts and stops of an image, and runs of jobs. Where no
// record says anything, a stated assumption.

import { fromTimestamp } from "../../../lib/clock.ts";
import type { NodeId } from "../../../model/ids.ts";
import { imagesOf, type TaskSpec } from "../../../model/task/spec.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { ClusterState } from "../../state/cluster-state.ts";

/** Newest records of an image that count. */
const samplesKept = 20;
/** Tasks looked at before the caller may do other work. */
const tasksPerSlice = 2_000;
/** A longer time says that two clocks differ, or that the machine was away. */
const longestMs = 3_600_000;

/** Assumed where no record says how long it takes. */
const assumedMs = { start: 1_000, pull: 5_000, stop: 1_000, run: 1_000 };

interface Seen {
  /** Time from placement to start, oldest first: of the first task on a node, which may have pulled the image, and of others. */
  first: number[];
  others: number[];
  stops: number[];
  runs: number[];
  nodes: Set<NodeId>;
}

export class SeenTimes {
  readonly #seen = new Map<string, Seen>();

  /** Reads all tasks; yields now and then. */
  static *of(state: ClusterState): Generator<void, SeenTimes> {
    const times = new SeenTimes();
    let count = 0;
    for (const taskId of state.order.after("")) {
      times.#add(state.task(taskId));
      if (++count % tasksPerSlice === 0) yield;
    }
    return times;
  }

  /** Time from the placement of such a task on the node to its start, in ms. */
  startMs(spec: TaskSpec, nodeId: NodeId): number {
    const seen = this.#seen.get(imageOf(spec));
    const start = medianOf(seen?.others) ?? Math.min(medianOf(seen?.first) ?? assumedMs.start, assumedMs.start);
    if (seen?.nodes.has(nodeId)) return start;
    return Math.max(start, medianOf(seen?.first) ?? start + assumedMs.pull);
  }

  /** True when a task of this image has had a container on the node. */
  hasRunOn(spec: TaskSpec, nodeId: NodeId): boolean {
    return this.#seen.get(imageOf(spec))?.nodes.has(nodeId) ?? false;
  }

  /** Time from the stop signal to the end, in ms. */
  stopMs(spec: TaskSpec): number {
    const graceMs = spec.stopGraceSeconds * 1000;
    return Math.min(medianOf(this.#seen.get(imageOf(spec))?.stops) ?? assumedMs.stop, graceMs);
  }

  /** How long such a task runs until it completes, in ms; null if none has. */
  runMs(spec: TaskSpec): number | null {
    return medianOf(this.#seen.get(imageOf(spec))?.runs);
  }

  #add(task: Task): void {
    const { placement, observed, spec } = task;
    if (placement === null || !observed.containers.some(({ containerId, startedAt }) => containerId ?? startedAt))
      return;
    const image = imageOf(spec);
    let seen = this.#seen.get(image);
    if (!seen) {
      seen = { first: [], others: [], stops: [], runs: [], nodes: new Set() };
      this.#seen.set(image, seen);
    }
    const isFirst = !seen.nodes.has(placement.nodeId);
    seen.nodes.add(placement.nodeId);
    addSample(isFirst ? seen.first : seen.others, startOf(task));
    if (!hasFinished(task)) return;
    addSample(seen.stops, stopOf(task));
    addSample(seen.runs, runOf(task));
  }
}

export function assumedRunMs(): number {
  return assumedMs.run;
}

/** Of a task of several containers: all images. */
function imageOf(spec: TaskSpec): string {
  const [only] = spec.containers;
  return spec.containers.length === 1 && spec.init.length === 0 ? only!.image : imagesOf(spec).join(" ");
}

/** Null if a container was started again: only the last start is known. */
function startOf({ placement, observed }: Task): number | null {
  let latest: string | null = null;
  for (const { restarts, startedAt } of observed.containers) {
    if (restarts > 0 || startedAt === null) return null;
    if (latest === null || startedAt > latest) latest = startedAt;
  }
  return latest === null ? null : fromTimestamp(latest) - fromTimestamp(placement!.at);
}

/** Of a replica that was drained: the record says when it was stopped. */
function stopOf({ requests, ended, observed }: Task): number | null {
  if (observed.status !== "stopped" || !requests?.drainUntil || ended === null) return null;
  return fromTimestamp(ended.at) - fromTimestamp(requests.drainUntil);
}

function runOf({ observed }: Task): number | null {
  const startedAt = observed.containers[0]?.startedAt ?? null;
  if (observed.status !== "completed" || startedAt === null || observed.finishedAt === null) return null;
  return fromTimestamp(observed.finishedAt) - fromTimestamp(startedAt);
}

function addSample(samples: number[], value: number | null): void {
  if (value === null || !(value >= 0 && value <= longestMs)) return;
  samples.push(value);
  if (samples.length > samplesKept) samples.shift();
}

function medianOf(samples: readonly number[] | undefined): number | null {
  if (!samples || samples.length === 0) return null;
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}
