// Scheduling classes that fit no node, except possibly nodes that gained capacity since. They are indexed by what a
// node must have to be eligible (a name, a label, a platform), so that a node with free capacity finds the oldest task
// that it can take without a look at classes that can never run there.

import type { NodeInfo } from "../index/node-info.ts";
import type { SchedulingClass } from "../scheduling-class.ts";
import { ClassOrder } from "./class-order.ts";
import { Opening, type WaitingClass } from "./waiting-class.ts";

export class TriedClasses {
  /** By what a node must have, as `bucketOf` says. */
  readonly #buckets = new Map<string, ClassOrder>();

  add(added: WaitingClass): void {
    const { onlyNode } = added;
    const key = onlyNode === null ? bucketOf(added.schedulingClass) : `node ${onlyNode}`;
    added.bucket = key;
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = new ClassOrder();
      this.#buckets.set(key, bucket);
    }
    bucket.add(added);
  }

  remove(removed: WaitingClass): void {
    const key = removed.bucket;
    const bucket = this.#buckets.get(key)!;
    bucket.remove(removed);
    if (bucket.size === 0) this.#buckets.delete(key);
  }

  /** The oldest task of the class is another one than before. */
  reorder(moved: WaitingClass): void {
    this.#buckets.get(moved.bucket)!.reorder(moved);
  }

  /** The class with the oldest task that fits the node now; null if none fits. */
  oldestFitting(node: NodeInfo): WaitingClass | null {
    if (!node.acceptsTasks) return null;
    const opening = new Opening(node);
    let oldest: WaitingClass | null = null;
    for (const key of bucketsOf(node)) {
      const bucket = this.#buckets.get(key);
      if (!bucket) continue;
      const before: string | null = oldest === null ? null : oldest.orderedBy;
      oldest = bucket.firstFitting(opening, before) ?? oldest;
    }
    return oldest;
  }
}

/** One thing that every eligible node has: its name, a label with its value, a label, a platform; "" for none. */
function bucketOf({ constraints, platform }: SchedulingClass): string {
  for (const constraint of constraints) {
    if (constraint.operator === "not-equals") continue;
    if (constraint.type === "node") return `node ${constraint.value}`;
    return constraint.operator === "exists" ? `label ${constraint.key}` : labelBucket(constraint.key, constraint.value);
  }
  return platform === null ? "" : `platform ${platform}`;
}

function* bucketsOf({ record: { hostname, nodeId, labels }, platform }: NodeInfo): Generator<string> {
  yield "";
  yield `node ${hostname}`;
  yield `node ${nodeId}`;
  for (const [key, value] of Object.entries(labels)) {
    yield `label ${key}`;
    yield labelBucket(key, value);
  }
  if (platform !== null) yield `platform ${platform}`;
}

function labelBucket(key: string, value: string): string {
  return `label ${JSON.stringify([key, value])}`;
}
