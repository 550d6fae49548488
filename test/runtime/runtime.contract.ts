// What every runtime promises, as tests, by resource: run against a real engine and against the simulated one.

import { containerJoinsContract } from "./container-joins.contract.ts";
import { containerOutputContract } from "./container-output.contract.ts";
import { startsContract } from "./container-starts.contract.ts";
import { containerStopsContract } from "./container-stops.contract.ts";
import { containersContract } from "./containers.contract.ts";
import type { RuntimeHarness } from "./contract-subject.ts";
import { engineContract } from "./engine.contract.ts";
import { execContract, healthContract } from "./exec.contract.ts";
import { imagesContract } from "./images.contract.ts";
import { volumesContract } from "./volumes.contract.ts";

/** Parts that not every engine keeps; docs/ENGINES.md names those. */
export type ContractPart = "starts without a network" | "health events";

export function runtimeContract(
  title: string,
  open: () => Promise<RuntimeHarness>,
  without: readonly ContractPart[] = [],
): void {
  engineContract(title, open);
  containersContract(title, open);
  containerStopsContract(title, open);
  startsContract(title, open);
  containerJoinsContract(title, open, !without.includes("starts without a network"));
  containerOutputContract(title, open);
  execContract(title, open);
  if (!without.includes("health events")) healthContract(title, open);
  imagesContract(title, open);
  volumesContract(title, open);
}
