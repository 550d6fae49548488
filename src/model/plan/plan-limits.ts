// The limits of plans, each with the reason for its number. They are part of the limits of the system (limits.ts).

export const planLimits = {
  // ---- plans
  /** Steps that a plan lists; it counts the others. */
  planSteps: 200,
  /** Decisions that one plan makes: each takes up to some milliseconds, so that a long rollout takes a few seconds. */
  planTicks: 2_000,
  /** Names of tasks that a plan lists for a node. */
  planTasksOfNode: 200,
  /** Warnings of a plan, one sentence each. */
  planWarnings: 100,
  /** Time that a master spends on one plan. What is planned by then is answered. */
  planMs: 3_000,
  /** Plans that wait for the one that is being made. */
  plansInLine: 16,
  /** A slice of the work on a plan, after which requests are served. */
  planSliceMs: 5,
  /** Records that an outcome lists: as many as a request may change. */
  outcomeRecords: 5_000,
  /** Changed fields that an outcome lists of one record. */
  outcomeFields: 1_000,
  /** Placements that an outcome lists: the first ones by the name of the task. */
  outcomePlacements: 20_000,
  /** A value that is longer is cut, and named by a hash of all of it. */
  outcomeTextLength: 256,
} as const;
