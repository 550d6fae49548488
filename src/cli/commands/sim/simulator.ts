// The port between podling sim and the simulator, which main.ts passes.

/** Groups of faults, as --faults names them. */
export const faultGroupNames = [
  "crash",
  "partition",
  "network",
  "disk",
  "engine",
  "clock",
  "pause",
  "wipe",
  "upgrade",
  "registry",
  "pods",
  "copies",
] as const;
export type FaultGroupName = (typeof faultGroupNames)[number];

/** The same input and the same code give the same run, event by event. */
export interface SimulationInput {
  seed: number;
  /** Undefined if the seed decides. */
  nodes?: number | undefined;
  hours?: number | undefined;
  groups: readonly FaultGroupName[];
  /** The numbers of the faults to keep. Undefined for all. */
  keep?: readonly number[] | undefined;
}

export interface SimulationPlan {
  seed: number;
  nodes: number;
  durationMs: number;
}

/** The most serious one first. */
export const failureClasses = ["safety", "crash", "liveness"] as const;
export type FailureClass = (typeof failureClasses)[number];

export interface SimulationFailure {
  class: FailureClass;
  checker: string;
  message: string;
  /** Virtual time in ms. */
  atMs: number;
}

export interface SimulationReport {
  plan: SimulationPlan;
  failure: SimulationFailure | null;
  hash: string;
  virtualMs: number;
  events: number;
  checks: number;
  faults: Record<string, number>;
  messages: number;
  batches: number;
  tasks: number;
  requests: number;
  unanswered: number;
  recoveriesMs: readonly number[];
  convergedAfterMs: number | null;
}

export type OnProgress = (virtualMs: number, plan: SimulationPlan) => void;

export interface ShrinkBounds {
  maxRuns: number;
  hasTime(): boolean;
  onProgress: OnProgress;
}

export interface Simulator {
  run(
    input: SimulationInput,
    watch: { trace?: ((line: string) => void) | undefined; onProgress: OnProgress },
  ): Promise<SimulationReport>;
  shrink(
    input: SimulationInput,
    failed: SimulationReport,
    bounds: ShrinkBounds,
  ): Promise<{ input: SimulationInput; report: SimulationReport; runs: number }>;
}
