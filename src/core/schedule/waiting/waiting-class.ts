// The waiting tasks of one scheduling class. They fit the same nodes: if the oldest fits none, no other does.

import type { NodeId, TaskId } from "../../../model/ids.ts";
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
  /** The id by which its `ClassOrder` has it, the oldest. It is updated only by that order. */
  orderedBy = "" as TaskId;
  /** Where `TriedClasses` has it, while it is tried. It is updated only there. */
  bucket = "";
  readonly #volumes: VolumeBook;

  constructor(schedulingClass: SchedulingClass, volumes: VolumeBook) {
    this.schedulingClass = schedulingClass;
    this.#volumes = volumes;
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
