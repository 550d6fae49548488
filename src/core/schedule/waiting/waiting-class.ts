// The waiting tasks of one scheduling class. They fit the same nodes: if the oldest fits none, no other does.

import type { TaskId } from "../../../model/ids.ts";
import type { ReasonCode } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { eligible, type NodeInfo } from "../index/node-info.ts";
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

  constructor(schedulingClass: SchedulingClass) {
    this.schedulingClass = schedulingClass;
  }

  get requirements(): Requirements {
    return this.schedulingClass.requirements;
  }

  fits(node: NodeInfo): boolean {
    return node.hasCapacityFor(this.schedulingClass.demand) && eligible(this.schedulingClass, node);
  }
}

/** A node for which a waiting class is looked for. Classes with the same constraints and platform are evaluated once. */
export class Opening {
  readonly node: NodeInfo;
  readonly #eligible = new Map<string, boolean>();

  constructor(node: NodeInfo) {
    this.node = node;
  }

  takes({ schedulingClass }: WaitingClass): boolean {
    const { eligibility } = schedulingClass;
    if (!this.node.hasCapacityFor(schedulingClass.demand)) return false;
    if (eligibility === "") return true;
    let known = this.#eligible.get(eligibility);
    if (known === undefined) {
      known = eligible(schedulingClass, this.node);
      this.#eligible.set(eligibility, known);
    }
    return known;
  }
}
