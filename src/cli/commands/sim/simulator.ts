// What the verb sim asks for, and what it is told: main.ts has the simulation, and hands it in.

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
] as const;
export type FaultGroupName = (typeof faultGroupNames)[number];

/** The same words and the same code give the same run, to the last event. */
export interface SimulationAsked {
  seed: number;
  /** Undefined: the seed says. */
  nodes?: number | undefined;
  hours?: number | undefined;
  groups: readonly FaultGroupName[];
  /** Of the faults that the seed draws, only these; undefined: all. */
  keep?: readonly number[] | undefined;
}

export interface SimulationPlan {
  seed: number;
  nodes: number;
  durationMs: number;
}

/** From the worst to the least. */
export const failureClasses = ["safety", "crash", "liveness"] as const;
export type FailureClass = (typeof failureClasses)[number];

export interface SimulationFailure {
  class: FailureClass;
  checker: string;
  message: string;
  /** ms of virtual time. */
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
  mostRuns: number;
  mayGoOn(): boolean;
  onProgress: OnProgress;
}

export interface Simulator {
  run(
    asked: SimulationAsked,
    watch: { trace?: ((line: string) => void) | undefined; onProgress: OnProgress },
  ): Promise<SimulationReport>;
  shrink(
    asked: SimulationAsked,
    failed: SimulationReport,
    bounds: ShrinkBounds,
  ): Promise<{ asked: SimulationAsked; report: SimulationReport; runs: number }>;
}
