// Runs the probes of one container, for as long as it runs, and says when their result changes. Nothing is checked without an
// assignment: what is to be checked is part of it.

import type { CancelTimer } from "../../lib/clock.ts";
import { limits } from "../../model/limits.ts";
import type { Probe } from "../../model/task/probes.ts";
import type { CheckTarget } from "../../runtime/checks.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { ContainerAssignment } from "../task/assignment.ts";
import { engineHistory, type Health, healthOf, isUnderWay, type ProbeKind, type ProbePlan, planOf } from "./health.ts";
import { afterCheck, type CheckResult, type History, newHistory, nextCheckAt } from "./probe.ts";
import type { Hanging, Prober } from "./prober.ts";

const allKinds: readonly ProbeKind[] = ["startup", "liveness", "readiness"];

/** The container as it runs, with its assignment. */
export interface RunningContainer {
  readonly assignment: ContainerAssignment;
  readonly found: ContainerState;
}

/** What is remembered of one run. */
interface Run {
  readonly startedAt: string | null;
  readonly plan: ProbePlan;
  readonly histories: { [Kind in ProbeKind]?: History };
  readonly timers: Map<ProbeKind, CancelTimer>;
  readonly hanging: { readonly [Kind in ProbeKind]: Hanging };
  container: RunningContainer;
}

export class ContainerProbes {
  readonly #prober: Prober;
  readonly #changed: (health: Health) => void;
  #run: Run | null = null;
  #health: Health | null = null;
  /** When output was last passed on, in ms since the epoch. */
  #outputAt = Number.NEGATIVE_INFINITY;

  /** `changed` is called for each flip. */
  constructor(prober: Prober, changed: (health: Health) => void) {
    this.#prober = prober;
    this.#changed = changed;
  }

  /** To be called whenever the container or its assignment may have changed. Null: it does not run, or is not to. */
  watch(container: RunningContainer | null): void {
    const plan =
      container && planOf(container.assignment.spec, container.assignment.restartPolicy, container.found.health);
    if (container === null || plan === null) {
      this.end();
      return;
    }
    const { found } = container;
    if (this.#run === null || this.#run.startedAt !== found.startedAt || isOtherPlan(plan, this.#run.plan))
      this.#begin(container, plan);
    else this.#run.container = container;
    this.#evaluate();
  }

  /** Nothing is checked any more. */
  end(): void {
    for (const cancel of this.#run?.timers.values() ?? []) cancel();
    this.#run = null;
  }

  #begin(container: RunningContainer, plan: ProbePlan): void {
    this.end();
    const { assignment, found } = container;
    const now = this.#prober.clock.now();
    const startedMs = Math.min(now, Date.parse(found.startedAt ?? "") || now);
    // A worker that has just started: what was so before is so until the probes say something else.
    const { recorded } = assignment;
    const isKnownReady = (recorded?.ready ?? assignment.ready) && recorded?.startedAt === found.startedAt;
    const histories: Run["histories"] = {};
    for (const kind of allKinds) {
      if (plan[kind]) histories[kind] = newHistory(startedMs, isKnownReady ? "passed" : null);
    }
    const hanging = { startup: { execId: null }, liveness: { execId: null }, readiness: { execId: null } };
    this.#run = { startedAt: found.startedAt, plan, histories, timers: new Map(), hanging, container };
  }

  /** Takes over what the engine says, plans the checks that are to be made, and passes on what has changed. */
  #evaluate(): void {
    const run = this.#run!;
    const { plan, histories, container } = run;
    for (const kind of allKinds) {
      if (plan[kind]?.healthcheck) histories[kind] = engineHistory(histories[kind]!, container.found.health);
    }
    const health = healthOf(run.startedAt, plan, histories, container.found.health !== undefined);
    this.#passOn(health);
    // The run is over with a failed liveness probe; what follows is the next run.
    if (this.#run !== run) return;
    if (health.unhealthy !== null) {
      for (const cancel of run.timers.values()) cancel();
      run.timers.clear();
      return;
    }
    for (const kind of allKinds) {
      const probe = plan[kind];
      const isChecked = probe !== undefined && !probe.healthcheck && isUnderWay(kind, plan, histories);
      if (isChecked && !run.timers.has(kind)) this.#plan(run, kind, probe);
    }
  }

  #plan(run: Run, kind: ProbeKind, probe: Probe): void {
    const { clock, random } = this.#prober;
    const now = clock.now();
    const dueAt = nextCheckAt(probe, run.histories[kind]!, now, random.next());
    const check = () => void this.#check(run, kind, probe);
    run.timers.set(kind, clock.timer(dueAt - now, check));
  }

  async #check(run: Run, kind: ProbeKind, probe: Probe): Promise<void> {
    const isWanted = () => this.#run === run && run.timers.has(kind);
    const { clock } = this.#prober;
    const startedAt = clock.now();
    const result = await this.#prober.check(kind, probe, targetOf(run.container), run.hanging[kind], isWanted);
    if (!isWanted()) return;
    run.timers.delete(kind);
    this.#note(run, kind, probe, result, startedAt);
    this.#evaluate();
  }

  #note(run: Run, kind: ProbeKind, probe: Probe, result: CheckResult | null, checkedAt: number): void {
    const history = run.histories[kind]!;
    // Nothing is known: the same check again after a period.
    run.histories[kind] = result === null ? { ...history, checkedAt } : afterCheck(probe, history, result, checkedAt);
  }

  #passOn(health: Health): void {
    const before = this.#health;
    if (before !== null && isSame(before, health)) return;
    this.#health = health;
    this.#changed(this.#bounded(health));
  }

  /** A container that goes back and forth fills no journal with its output. */
  #bounded(health: Health): Health {
    const { notReady, unhealthy } = health;
    if (notReady === null || notReady.length <= shortLength) return health;
    const now = this.#prober.clock.now();
    if (now - this.#outputAt < 0 || now - this.#outputAt >= limits.probeOutputIntervalMs) {
      this.#outputAt = now;
      return health;
    }
    return { ...health, notReady: shortened(notReady), unhealthy: unhealthy && shortened(unhealthy) };
  }
}

/** A sentence of this length is no burden. */
const shortLength = 300;

function shortened(text: string): string {
  return `${text.slice(0, shortLength)}…`;
}

function isSame(left: Health, right: Health): boolean {
  return left.run === right.run && left.notReady === right.notReady && left.unhealthy === right.unhealthy;
}

/** The engine says only after a moment that it has a health check. */
function isOtherPlan(left: ProbePlan, right: ProbePlan): boolean {
  return allKinds.some((kind) => left[kind] !== right[kind] && !Bun.deepEquals(left[kind], right[kind]));
}

function targetOf({ assignment, found }: RunningContainer): CheckTarget {
  const { sandbox } = assignment;
  if (sandbox !== null) {
    const { address, hostNetwork, publishedPorts } = sandbox;
    return { containerId: found.containerId, address, hostNetwork, publishedPorts };
  }
  return {
    containerId: found.containerId,
    address: found.address ?? null,
    hostNetwork: assignment.spec.network?.mode === "host",
    publishedPorts: found.publishedPorts,
  };
}
