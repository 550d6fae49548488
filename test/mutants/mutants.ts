// The mistakes that the simulation and the unit tests must catch. run.ts tries them; mutants.test.ts checks that each still
// fits the code.

import { addressMutants } from "./address-mutants.ts";
import { appMutants } from "./app-mutants.ts";
import { configMutants } from "./config-mutants.ts";
import { dependencyMutants } from "./dependency-mutants.ts";
import { jobMutants } from "./job-mutants.ts";
import { journalMutants } from "./journal-mutants.ts";
import { masterMutants } from "./master-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { serviceMutants } from "./service-mutants.ts";
import { unitMutants } from "./unit-mutants.ts";
import { volumeMutants } from "./volume-mutants.ts";
import { workerMutants } from "./worker-mutants.ts";

export const mutants: readonly Mutant[] = [
  ...journalMutants,
  ...masterMutants,
  ...workerMutants,
  ...serviceMutants,
  ...jobMutants,
  ...volumeMutants,
  ...configMutants,
  ...addressMutants,
  ...appMutants,
  ...dependencyMutants,
  ...unitMutants,
];
