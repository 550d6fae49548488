// The waiting tasks of one scheduling class. They fit the same nodes: if the oldest fits none, no other does.

import type { TaskId } from "../../../model/ids.ts";
import type { ReasonCode } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { type Demand, demandOf, eligible, type NodeInfo } from "../index/node-info.ts";
import { keysOf } from "../scheduling-class.ts";
import { IdQueue } from "./id-queue.ts";

export class WaitingClass {
  readonly key: string;
  readonly requirements: Requirements;
  readonly demand: Demand;
  readonly eligibility: string;
  /** Oldest first. */
  readonly taskIds = new IdQueue();
  /** The waiting tasks by the code of the reason that their records state. */
  readonly byReason = new Map<ReasonCode, Set<TaskId>>();
  /** True when the class fits no node, except possibly nodes that gained capacity since it was tried. */
  tried = false;
  /** The id by which its `ClassOrder` has it, the oldest. It is updated only by that order. */
  orderedBy = "" as TaskId;

  constructor(key: string, requirements: Requirements) {
    this.key = key;
    this.requirements = requirements;
    this.demand = demandOf(requirements);
    this.eligibility = keysOf(requirements).eligibility;
  }

  fits(node: NodeInfo): boolean {
    return node.hasCapacityFor(this.demand) && eligible(this.requirements, node.record);
  }
}

/** A node for which a waiting class is looked for. Classes with the same constraints and platform are evaluated once. */
export class Opening {
  readonly node: NodeInfo;
  readonly #eligible = new Map<string, boolean>();

  constructor(node: NodeInfo) {
    this.node = node;
  }

  takes({ demand, requirements, eligibility }: WaitingClass): boolean {
    if (!this.node.hasCapacityFor(demand)) return false;
    if (eligibility === "") return true;
    let known = this.#eligible.get(eligibility);
    if (known === undefined) {
      known = eligible(requirements, this.node.record);
      this.#eligible.set(eligibility, known);
    }
    return known;
  }
}
