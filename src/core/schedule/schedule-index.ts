// All nodes, kept up with every placement, and the two questions asked of them: which one (choose, fast), and why
// (explain, whole). Both answer the same: the fitting node with the highest score, the first in order among equals.

import { assert } from "../../lib/assert.ts";
import type { Strategy } from "../../model/cluster.ts";
import type { NodeVerdict } from "../../model/explanation.ts";
import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node.ts";
import type { TaskSpec } from "../../model/task.ts";
import { judge } from "./filters.ts";
import { binpackScore, roundRobinScore, scoreMessage, spreadScore } from "./score.ts";
import { eligibilityKey } from "./shape.ts";
import { demandOf, eligible, Slot } from "./slot.ts";
import { View } from "./view.ts";

export interface Usage {
  runningTasks: number;
  cpuMillis: number;
  memoryBytes: number;
}

/** Kinds of eligibility kept at once. Each costs a path update a placement, and 32 bytes a node twice over. */
const viewsKept = 16;

export class ScheduleIndex {
  readonly #slots = new Map<NodeId, Slot>();
  /** By hostname, then id. */
  #order: Slot[] = [];
  /** By eligibility, least recently used first. */
  readonly #views = new Map<string, View>();

  upsertNode(record: NodeRecord): void {
    const slot = this.#slots.get(record.nodeId);
    if (slot && sameForGood(slot.record, record)) {
      slot.record = record;
      this.#updateViews(slot);
      return;
    }
    if (slot) this.#order.splice(slot.position, 1);
    const next = slot ?? new Slot(record);
    next.record = record;
    this.#slots.set(record.nodeId, next);
    this.#order.splice(this.#positionFor(record), 0, next);
    this.#reorder();
  }

  removeNode(nodeId: NodeId): void {
    const slot = this.#slots.get(nodeId);
    if (!slot) return;
    this.#slots.delete(nodeId);
    this.#order.splice(slot.position, 1);
    this.#reorder();
  }

  place(nodeId: NodeId, task: TaskSpec): void {
    const slot = this.#slot(nodeId);
    slot.take(demandOf(task));
    this.#updateViews(slot);
  }

  release(nodeId: NodeId, task: TaskSpec): void {
    const slot = this.#slot(nodeId);
    slot.give(demandOf(task));
    this.#updateViews(slot);
  }

  usage(nodeId: NodeId): Usage {
    const { tasks, cpuMillis, memoryBytes } = this.#slot(nodeId);
    return { runningTasks: tasks, cpuMillis, memoryBytes };
  }

  /** The node for a task, or null where none fits. `lastNodeId`: the one chosen last, where round-robin stands. */
  choose(spec: TaskSpec, strategy: Strategy, lastNodeId: NodeId | null): NodeId | null {
    const slot = this.#view(spec).choose(demandOf(spec), strategy, this.#lastPosition(lastNodeId));
    return slot?.record.nodeId ?? null;
  }

  /** Every node, in order, with every filter's verdict, and the score of those that fit. */
  explain(spec: TaskSpec, strategy: Strategy, lastNodeId: NodeId | null): NodeVerdict[] {
    const count = this.#order.length;
    const lastPosition = this.#lastPosition(lastNodeId);
    const verdicts = this.#order.map((slot): NodeVerdict => {
      const { nodeId, hostname } = slot.record;
      const filters = judge(spec, slot);
      const fits = filters.every(({ passed }) => passed);
      const score = fits ? scoreOf(strategy, slot, lastPosition, count) : null;
      const message = score === null ? null : scoreMessage(strategy, slot, score, count);
      return { nodeId, hostname, fits, filters, score, scoreMessage: message, chosen: false };
    });
    let best: NodeVerdict | null = null;
    for (const verdict of verdicts) if (verdict.score !== null && verdict.score > (best?.score ?? -1)) best = verdict;
    if (best) best.chosen = true;
    return verdicts;
  }

  /** A copy to try things on. */
  clone(): ScheduleIndex {
    const copy = new ScheduleIndex();
    copy.#order = this.#order.map((slot) => slot.copy());
    for (const slot of copy.#order) copy.#slots.set(slot.record.nodeId, slot);
    return copy;
  }

  #slot(nodeId: NodeId): Slot {
    const slot = this.#slots.get(nodeId);
    assert(slot, `node ${nodeId} is not known to the scheduler`);
    return slot;
  }

  /** -1 where round-robin has not begun, or the node it stood at is gone: then it begins with the first. */
  #lastPosition(lastNodeId: NodeId | null): number {
    return (lastNodeId === null ? undefined : this.#slots.get(lastNodeId))?.position ?? -1;
  }

  #view(spec: TaskSpec): View {
    const key = eligibilityKey(spec);
    const kept = this.#views.get(key);
    if (kept) {
      if (this.#views.size > 1) {
        this.#views.delete(key);
        this.#views.set(key, kept);
      }
      return kept;
    }
    const view = new View(
      key === "" ? this.#order.slice() : this.#order.filter(({ record }) => eligible(spec, record)),
    );
    this.#views.set(key, view);
    if (this.#views.size > viewsKept) this.#views.delete(this.#views.keys().next().value!);
    return view;
  }

  #updateViews(slot: Slot): void {
    for (const view of this.#views.values()) view.update(slot);
  }

  /** Positions have shifted: the views are built anew when next asked for. */
  #reorder(): void {
    for (let position = 0; position < this.#order.length; position++) this.#order[position]!.position = position;
    this.#views.clear();
  }

  #positionFor(record: NodeRecord): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comesBefore(this.#order[middle]!.record, record)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function scoreOf(strategy: Strategy, slot: Slot, lastPosition: number, count: number): number {
  if (strategy === "spread") return spreadScore(slot);
  if (strategy === "binpack") return binpackScore(slot);
  return roundRobinScore(slot.position, lastPosition, count);
}

/** Nothing has changed that order or eligibility depend on. */
function sameForGood(before: NodeRecord, after: NodeRecord): boolean {
  return (
    before.hostname === after.hostname &&
    (before.labels === after.labels || JSON.stringify(before.labels) === JSON.stringify(after.labels)) &&
    before.engine?.os === after.engine?.os &&
    before.engine?.arch === after.engine?.arch
  );
}

function comesBefore(left: NodeRecord, right: NodeRecord): boolean {
  return left.hostname === right.hostname ? left.nodeId < right.nodeId : left.hostname < right.hostname;
}
