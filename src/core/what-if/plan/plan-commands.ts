// Plans commands: runs them on a fork, and plays what follows in virtual time. The state itself is not touched, and the work is
// done in slices, so that a master serves requests in between.

import { fromTimestamp } from "../../../lib/clock.ts";
import { ok } from "../../../lib/result.ts";
import { runToEnd } from "../../../lib/run-to-end.ts";
import type { NodeId, ServiceId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { systemOrigin } from "../../../model/origin.ts";
import type { OutcomeRecord, Plan, PlanUntil } from "../../../model/plan/plan.ts";
import type { Outcome } from "../../../model/refusal.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Command, Submission } from "../../commands/command.ts";
import { replicasOf } from "../../reconcile/service/replica.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Delta } from "../../state/delta.ts";
import { type Tick, type TickContext, tickInSlices } from "../../tick.ts";
import { forkInSlices } from "../fork.ts";
import { Ledger } from "./ledger.ts";
import { ModelWorld } from "./model-world.ts";
import { countedIn, outcomeOf, placementsOf, recordsOf } from "./outcome.ts";
import { report } from "./report.ts";
import { SeenTimes } from "./seen-times.ts";

export interface PlanOptions {
  /** placed: the first decision alone. settled: until everything that it begins is done. */
  until: PlanUntil;
}

/** Resumed with true, the plan ends with what it has. */
type Slices<T> = Generator<void, T, boolean | undefined>;

/** The same decisions for equal states, commands and contexts. */
export function* planCommands(
  state: ClusterState,
  submissions: readonly Submission[],
  context: Pick<TickContext, "now" | "seed" | "retention">,
  { until }: PlanOptions,
): Slices<Outcome<Plan>> {
  const copy = yield* forkInSlices(state);
  // Schedules that the commands do not name start no jobs: they would be part of every plan.
  copy.scheduleJobs.queue.takeOver({ changed: [], due: [] });
  const seen = yield* SeenTimes.of(copy);
  const run = new Run(copy, seen, context);
  const refusal = yield* run.begin(submissions);
  if (refusal) return refusal;
  if (until === "settled") yield* run.play();
  return ok(run.plan(submissions, until));
}

/** Without slices, for tests and for callers that have nothing else to do. */
export function planAtOnce(...given: Parameters<typeof planCommands>): Outcome<Plan> {
  return runToEnd(planCommands(...given));
}

class Run {
  readonly #state: ClusterState;
  readonly #context: Pick<TickContext, "now" | "seed" | "retention">;
  readonly #ledger: Ledger;
  readonly #world: ModelWorld;
  readonly #records: OutcomeRecord[] = [];
  readonly #revision: number;
  /** Nodes that the commands change. */
  readonly #nodes: NodeId[] = [];
  #first: Tick | null = null;
  #now: number;
  #wakeAt: number | null = null;
  /** Affected services that are not known to be done. */
  readonly #undone = new Set<ServiceId>();
  #isComplete = true;
  #ticks = 0;

  constructor(state: ClusterState, seen: SeenTimes, context: Pick<TickContext, "now" | "seed" | "retention">) {
    this.#state = state;
    this.#context = context;
    this.#now = context.now;
    this.#revision = state.revision;
    this.#ledger = new Ledger(state, context.now);
    this.#world = new ModelWorld(state, seen, context.now);
  }

  /** Decides the commands in one tick. Gives back the first refusal, if there is one. */
  *begin(submissions: readonly Submission[]): Slices<Outcome<never> | null> {
    const decided: TickContext["decided"] = (_, deltas) => {
      this.#records.push(...recordsOf(this.#state, deltas));
      this.#affect(deltas);
    };
    const tick = yield* tickInSlices(this.#state, submissions, { ...this.#context, decided });
    const refused = tick.outcomes.find((outcome) => !outcome.ok);
    if (refused && !refused.ok) return refused;
    this.#first = tick;
    this.#took(tick);
    return null;
  }

  *play(): Slices<void> {
    for (const _ of this.#world.begin()) yield;
    this.#world.observe(this.#first!.deltas, this.#now);
    for (;;) {
      const next = this.#nextAt();
      if (next === null) return;
      if (next >= this.#endsAt() || this.#ticks >= limits.planTicks || (yield)) {
        this.#isComplete = false;
        return;
      }
      this.#now = Math.max(this.#now, next);
      const origin = systemOrigin("reconciler");
      const submissions = this.#world.due(this.#now).map((command): Submission => ({ command, origin }));
      const seed = this.#context.seed + ++this.#ticks;
      const tick = yield* tickInSlices(this.#state, submissions, { ...this.#context, now: this.#now, seed });
      this.#took(tick);
      this.#world.observe(tick.deltas, this.#now);
    }
  }

  plan(submissions: readonly Submission[], until: PlanUntil): Plan {
    const state = this.#state;
    const outcome = outcomeOf(this.#records);
    const placements = placementsOf(state, this.#first!.deltas, countedIn(outcome));
    return report({
      ...{ state, until, ledger: this.#ledger, revision: this.#revision },
      ...{ begin: this.#context.now, now: this.#now, isComplete: this.#isComplete },
      outcome: { ...outcome, placements },
      named: namedServices(
        state,
        submissions.map(({ command }) => command),
      ),
    });
  }

  /** The services that a command touches, and those with tasks that it touches, or on nodes that it touches. */
  #affect(deltas: readonly Delta[]): void {
    const tasks: Task[] = [];
    for (const { kind, before, after } of deltas) {
      if (kind === "service") this.#add((after ?? before)!.serviceId);
      else if (kind === "task") tasks.push((after ?? before)!);
      else if (kind === "node") {
        const { nodeId } = (after ?? before)!;
        this.#nodes.push(nodeId);
        for (const taskId of this.#state.placedOn(nodeId)) tasks.push(this.#state.task(taskId));
      }
    }
    for (const { owner } of tasks) if (owner?.kind === "service") this.#add(owner.id as ServiceId);
  }

  #add(serviceId: ServiceId): void {
    this.#ledger.affected.add(serviceId);
    this.#undone.add(serviceId);
  }

  #took(tick: Tick): void {
    this.#ledger.observe(tick.deltas, this.#now);
    this.#wakeAt = tick.wakeAt;
    for (const serviceId of this.#ledger.affected) {
      const story = this.#ledger.services.get(serviceId);
      if (story?.lastAt === this.#now) this.#undone.add(serviceId);
    }
    for (const serviceId of this.#undone) if (this.#isDone(serviceId)) this.#undone.delete(serviceId);
  }

  /** When to go on; null if all is done. */
  #nextAt(): number | null {
    const isWorkLeft = this.#wakeAt !== null && this.#wakeAt <= this.#now;
    if (!isWorkLeft && this.#undone.size === 0 && this.#areNodesDone() && !this.#isBusy()) return null;
    const at = [this.#world.nextAt, this.#wakeAt].filter((one) => one !== null);
    return at.length === 0 ? null : Math.min(...at);
  }

  /** True while a task that the plan is about starts or ends. */
  #isBusy(): boolean {
    for (const taskId of this.#world.busy) {
      if (this.#ledger.tasks.has(taskId) && this.#ledger.concerns(this.#state.task(taskId))) return true;
    }
    return false;
  }

  /** True when only a person, or capacity, would change more of the service. */
  #isDone(serviceId: ServiceId): boolean {
    const service = this.#state.tables.service.get(serviceId);
    if (service === undefined) return true;
    const { rollout, paused, reason } = service;
    if (rollout !== null && !paused && reason.code !== "canary") return false;
    return replicasOf(this.#state, serviceId).every(
      ({ available, stage, task }) => stage !== "going" && (available || task.observed.status === "pending"),
    );
  }

  #areNodesDone(): boolean {
    return this.#nodes.every((nodeId) => {
      const node = this.#state.nodes.get(nodeId);
      if (!node || node.draining === null || this.#state.placedOn(nodeId).size === 0) return true;
      // What no worker stops stays.
      return this.#now > fromTimestamp(node.draining.deadlineAt);
    });
  }

  /**
   * A rollout that is not done by its deadline fails: the plan ends before, because it waits for something. A drain is played
   * beyond its deadline, at which the tasks that are left are stopped.
   */
  #endsAt(): number {
    let end = this.#context.now + limits.rolloutMs;
    for (const serviceId of this.#undone) {
      const { rollout, paused, reason } = this.#state.tables.service.get(serviceId) ?? {};
      if (rollout && !paused && reason?.code !== "canary") end = Math.min(end, fromTimestamp(rollout.deadlineAt));
    }
    return end;
  }
}

/** Names of the services that the commands are about, also of those that they do not change. */
function namedServices(state: ClusterState, commands: readonly Command[]): string[] {
  const names = new Set<string>();
  for (const command of commands) {
    if ("serviceId" in command) {
      const service = state.tables.service.get(command.serviceId);
      if (service) names.add(service.name);
    }
    if (command.type === "putApp") for (const { name } of command.input.services) names.add(name);
    if (command.type === "putService" || command.type === "putSelector") names.add(command.input.name);
  }
  return [...names];
}
