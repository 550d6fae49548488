// Shows the progress of a simulation on stderr, and handles Ctrl-C, which ends a run at its next progress call.

import type { Context } from "../../command/context.ts";
import type { Progress } from "../../render/progress.ts";
import { formatSpan, nodeHoursPerSecond } from "../../render/simulation.ts";
import type { OnProgress } from "./simulator.ts";
import type { Totals } from "./totals.ts";

/** Without a terminal, one line for each tenth of the run. */
const tenths = 10;

export class SimulationProgress {
  readonly #context: Context;
  readonly #line: Progress;
  readonly #startedAt: number;
  readonly #interrupt = new AbortController();
  readonly #release: () => void;
  #showing = false;

  constructor(context: Context) {
    this.#context = context;
    this.#line = context.progress();
    this.#startedAt = context.io.clock.elapsed();
    this.#release = context.io.onInterrupt(() => this.#interrupt.abort());
  }

  /** Aborted by Ctrl-C. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Progress of a single run. */
  readonly showRun: OnProgress = (virtualMs, { seed, nodes, durationMs }) => {
    const rests = virtualMs > durationMs;
    const where = rests ? `repaired ${formatSpan(virtualMs - durationMs)} ago` : `of ${formatSpan(durationMs)}`;
    const speed = nodeHoursPerSecond(virtualMs * nodes, this.#elapsedMs());
    const text = `seed ${seed}: ${formatSpan(virtualMs)} ${where}, ${nodes} nodes, ${speed}`;
    // A run does not wait for a slow terminal: progress is skipped while the last one is being written.
    if (this.#showing) return;
    this.#showing = true;
    const key = rests ? "rests" : String(Math.floor((virtualMs / durationMs) * tenths));
    const shown = () => {
      this.#showing = false;
    };
    this.#line.show(text, key).then(shown, shown);
  };

  showSeeds({ seeds, failed, nodeMs }: Totals, count: number): Promise<void> {
    const text = `${seeds} of ${count} seeds, ${failed} failed, ${nodeHoursPerSecond(nodeMs, this.#elapsedMs())}`;
    return this.#line.show(text, String(Math.floor((seeds / count) * tenths)));
  }

  clear(): Promise<void> {
    return this.#line.clear();
  }

  end(): Promise<void> {
    this.#release();
    return this.clear();
  }

  /** The real duration goes to stderr, because it differs between runs of the same seed. */
  sayWork(nodeMs: number): Promise<void> {
    const wallMs = this.#elapsedMs();
    return this.#context.say(`${formatSpan(wallMs)}, ${nodeHoursPerSecond(nodeMs, wallMs)}`);
  }

  #elapsedMs(): number {
    return this.#context.io.clock.elapsed() - this.#startedAt;
  }
}
