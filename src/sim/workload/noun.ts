// A noun of the workload: what clients do with records of one kind that not every run has.

import type { SimClient } from "./sim-client.ts";

export interface Noun {
  /** Of a hundred actions of a client, so many are on this noun. */
  readonly share: number;
  act(client: SimClient): Promise<void>;
}
