// Makes plans beside the running master: one at a time, in slices between which requests are served.

import type { Command } from "../../core/commands/command.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { TickContext } from "../../core/tick.ts";
import { planCommands } from "../../core/what-if/plan/plan-commands.ts";
import type { Clock } from "../../lib/clock.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { limits } from "../../model/limits.ts";
import type { Origin } from "../../model/origin.ts";
import type { Plan, PlanUntil } from "../../model/plan/plan.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";

export class Planner {
  /** Resolves with the state when nothing in it is undurable. */
  readonly #durable: () => Promise<ClusterState>;
  readonly #context: () => Pick<TickContext, "now" | "retention">;
  readonly #clock: Clock;
  readonly #turn = new Semaphore(1);
  #inLine = 0;

  constructor(
    durable: () => Promise<ClusterState>,
    context: () => Pick<TickContext, "now" | "retention">,
    clock: Clock,
  ) {
    this.#durable = durable;
    this.#context = context;
    this.#clock = clock;
  }

  /** `signal`: aborted when the client is gone. */
  async plan(command: Command, origin: Origin, until: PlanUntil, signal: AbortSignal): Promise<Outcome<Plan>> {
    if (this.#inLine >= limits.plansInLine) {
      return refuse("too-many", `${this.#inLine} plans are being made, which is the limit`, {
        hint: "Try again in a moment.",
      });
    }
    this.#inLine++;
    try {
      return await this.#turn.run(() => this.#plan(command, origin, until, signal));
    } finally {
      this.#inLine--;
    }
  }

  async #plan(command: Command, origin: Origin, until: PlanUntil, signal: AbortSignal): Promise<Outcome<Plan>> {
    const state = await this.#durable();
    // The same state and request give the same plan.
    const context = { ...this.#context(), seed: state.revision };
    const slices = planCommands(state, [{ command, origin }], context, { until });
    const begun = this.#clock.elapsed();
    let slicedAt = begun;
    for (;;) {
      const isEnough = signal.aborted || this.#clock.elapsed() - begun >= limits.planMs;
      const slice = slices.next(isEnough);
      if (slice.done) return slice.value;
      if (this.#clock.elapsed() - slicedAt < limits.planSliceMs) continue;
      await new Promise<void>((resolve) => this.#clock.soon(resolve));
      slicedAt = this.#clock.elapsed();
    }
  }
}
