// Mistakes in what services make of their replicas. Plain data.

import type { Mutant } from "./mutant.ts";

const plan = "src/core/reconcile/service/plan.ts";
const bounds = "src/core/reconcile/service/bounds.ts";
const rollout = "src/core/reconcile/service/rollout.ts";

export const serviceMutants: readonly Mutant[] = [
  {
    name: "one-less-than-the-floor",
    sentence: "A service may lack one replica more than its policy says.",
    file: bounds,
    find: "return Math.max(0, this.#wanted - (policy",
    replace: "return Math.max(0, this.#wanted - 1 - (policy",
    caughtBy: ["floor-holds"],
  },
  {
    name: "one-more-than-the-surge",
    sentence: "A service may have one replica more than its policy says.",
    file: bounds,
    find: "return this.#wanted + (mayExceed",
    replace: "return this.#wanted + 1 + (mayExceed",
    caughtBy: ["ceiling-holds"],
  },
  {
    name: "endpoints-that-are-not-ready",
    sentence: "A replica that runs is an endpoint before it is ready.",
    file: "src/model/service/endpoint.ts",
    find: 'status !== "running" || !ready || reason.code',
    replace: 'status !== "running" || reason.code',
    caughtBy: ["endpoints-are-ready"],
  },
  {
    name: "stopped-ones-stay-endpoints",
    sentence: "A replica that is asked to stop stays an endpoint until it has ended.",
    file: "src/model/service/endpoint.ts",
    find: 'desired === "stopped" || status',
    replace: "status",
    caughtBy: ["endpoints-are-ready"],
  },
  {
    name: "drains-break-the-floor",
    sentence: "A replica leaves a drained node before another one serves.",
    file: "src/core/reconcile/service/leaving.ts",
    find: "const isOver = deadline !== null && now >= deadline;",
    replace: "const isOver = deadline !== null;",
    caughtBy: ["floor-holds"],
  },
  {
    name: "placed-taken-for-serving",
    sentence: "A replica counts as one that serves before it has started.",
    file: "src/core/reconcile/service/replica.ts",
    find: 'status === "running" && ready && reason.code !== "restarting"',
    replace: 'status !== "pending"',
    caughtBy: ["floor-holds", "good-replica-stays"],
  },
  {
    name: "unproved-takes-over",
    sentence: "A replica that has just started takes the place of one that serves.",
    file: bounds,
    find: "if (at <= this.#now) return true;",
    replace: "if (at >= 0) return true;",
    caughtBy: ["good-replica-stays"],
  },
  {
    name: "slot-filled-twice",
    sentence: "A slot whose replica does not serve yet gets another one.",
    file: plan,
    find: "if (!slot.isEmpty) return;",
    replace: "if (slot.replicas.some(({ available }) => available)) return;",
    caughtBy: ["slot-has-one"],
  },
  {
    name: "replica-of-the-newest",
    sentence: "Every new replica is made from the revision that is wanted, whatever its own is.",
    file: plan,
    find: "pinnedSpec(this.#view.revision(number))",
    replace: "pinnedSpec(this.#view.revision(service.target))",
    caughtBy: ["revisions-never-change"],
  },
  {
    name: "short-drains-left-out",
    sentence: "A replica that is to be drained for less than a second is stopped at once.",
    file: "src/core/reconcile/service/retire.ts",
    find: "if (!available || drainMs === 0) return",
    replace: "if (!available || drainMs < 1000) return",
    caughtBy: ["drained-before-stopped"],
  },
  {
    name: "worker-stops-what-drains",
    sentence: "A worker stops a replica that is still drained.",
    file: "src/worker/task/assignment.ts",
    find: 'return assignment !== null && assignment.desired !== "stopped";',
    replace: 'return assignment !== null && assignment.desired === "running";',
    caughtBy: ["drained-before-stopped"],
  },
  {
    name: "replaced-by-two",
    sentence: "The rule for lost tasks replaces those of services, too.",
    file: "src/core/state/indexes/finished-tasks.ts",
    find: "    owner === null &&\n",
    replace: "",
    caughtBy: ["owner-replaces-once"],
  },
  {
    name: "rollout-without-deadline",
    sentence: "A rollout that is never done goes on without end.",
    file: rollout,
    find: 'if (now >= deadline && service.reason.code !== "canary")',
    replace: "if (now >= deadline && slots.length === 0)",
    caughtBy: ["rollouts-end"],
  },
  {
    name: "rollout-done-at-the-first-slot",
    sentence: "A rollout is done as soon as one slot has its new replica.",
    file: rollout,
    find: "const isComplete = slots.every((slot) =>",
    replace: "const isComplete = slots.some((slot) =>",
    caughtBy: ["services-converge"],
  },
];
