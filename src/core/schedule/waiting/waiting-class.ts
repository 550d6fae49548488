// The waiting tasks of one scheduling class. They fit the same nodes: if the oldest fits none, no other does.

import type { NodeId, TaskId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { ReasonCode } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { eligible, type NodeInfo } from "../index/node-info.ts";
import type { VolumeBook } from "../index/volume-book.ts";
import type { SchedulingClass } from "../scheduling-class.ts";
import { IdQueue } from "./id-queue.ts";

export class WaitingClass {
  readonly schedulingClass: SchedulingClass;
  /** Oldest first. */
  readonly taskIds = new IdQueue();
  /** The waiting tasks by the code of the reason that their records state; empty for codes that were stated earlier. */
  readonly byReason = new Map<ReasonCode, Set<TaskId>>();
  /** True when the class fits no node, except possibly nodes that gained capacity since it was tried. */
  tried = false;
  /** Where its `ClassOrder` has it: `orderKey` as it was last. It is updated only by that order. */
  orderedBy = "";
  /** Where `TriedClasses` has it, while it is tried. It is updated only there. */
  bucket = "";
  readonly #rank: string;
  readonly #volumes: VolumeBook;

  constructor(schedulingClass: SchedulingClass, volumes: VolumeBook) {
    this.schedulingClass = schedulingClass;
    this.#volumes = volumes;
    this.#rank = rankOf(schedulingClass.priority);
  }

  /** Sorts classes by priority, the highest first, then by their oldest task. Null if it has no task. */
  get orderKey(): string | null {
    const { first } = this.taskIds;
    return first === undefined ? null : this.#rank + first;
  }

  get requirements(): Requirements {
    return this.schedulingClass.requirements;
  }

  fits(node: NodeInfo): boolean {
    const { schedulingClass } = this;
    return (
      node.hasCapacityFor(schedulingClass.demand) &&
      eligible(schedulingClass, node) &&
      this.allowsVolumes(node) &&
      schedulingClass.keepsRulesOn(node)
    );
  }

  /** True when its named volumes let it run on the node now. */
  allowsVolumes({ record }: NodeInfo): boolean {
    return this.#volumes.allows(this.requirements.volumes, record.nodeId);
  }

  /** The one node that its named volumes let it run on; null if they name none. */
  get onlyNode(): NodeId | null {
    const { volumes } = this.requirements;
    if (volumes.length === 0) return null;
    const place = this.#volumes.placeFor(volumes);
    return place === "any" || place === "none" ? null : place;
  }
}

/** What comes before the id of a task, which begins with a digit: nothing for priority 0. */
function rankOf(priority: number): string {
  if (priority === 0) return "";
  const digits = String(limits.priority).length;
  return priority > 0
    ? `!${String(limits.priority - priority).padStart(digits, "0")}`
    : `~${String(-priority).padStart(digits, "0")}`;
}

/** A node for which a waiting class is looked for. Classes with the same constraints and platform are evaluated once. */
export class Opening {
  readonly node: NodeInfo;
  readonly #eligible = new Map<string, boolean>();

  constructor(node: NodeInfo) {
    this.node = node;
  }

  takes(waiting: WaitingClass): boolean {
    const { schedulingClass } = waiting;
    const { eligibility } = schedulingClass;
    if (!this.node.hasCapacityFor(schedulingClass.demand) || !waiting.allowsVolumes(this.node)) return false;
    if (!schedulingClass.keepsRulesOn(this.node)) return false;
    if (eligibility === "") return true;
    let known = this.#eligible.get(eligibility);
    if (known === undefined) {
      known = eligible(schedulingClass, this.node);
      this.#eligible.set(eligibility, known);
    }
    return known;
  }
}
