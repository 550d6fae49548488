// The port to the packet filter of this machine's kernel. What it was given keeps working when this process ends.

import type { TrafficPlan } from "./traffic/traffic-plan.ts";

export interface PacketFilter {
  /**
   * Makes the kernel's rules those of the plan, all at once, and returns what was needed: the whole table or what has changed.
   * Throws if the kernel refused it; then the former rules apply. Calls run in their order.
   */
  apply(plan: TrafficPlan): Promise<"loaded" | "changed" | "unchanged">;

  /** Loads the last plan again if another program has removed or added rules of it; true then. */
  repair(): Promise<boolean>;

  /** Removes every rule of Podling. */
  clear(): Promise<void>;
}
