// A plan after it was played: what its answer is made from.

import type { PlanOutcome, PlanUntil } from "../../../model/plan/plan.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Ledger } from "./ledger.ts";

export interface Played {
  /** As it is at the end. */
  state: ClusterState;
  until: PlanUntil;
  ledger: Ledger;
  /** Of the state that was planned on. */
  revision: number;
  /** ms since the epoch, in virtual time. */
  begin: number;
  now: number;
  isComplete: boolean;
  outcome: PlanOutcome;
  /** Names of services that the commands are about. */
  named: readonly string[];
}
