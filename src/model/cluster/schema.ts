// The schema of the cluster's record: the check of records that come from outside.

import { z } from "zod";
import { strategies } from "./cluster.ts";

export const clusterRecord = z.object({
  clusterId: z.string().min(1, { error: "a text that is not empty" }),
  epoch: z.int().min(0),
  strategy: z.enum(strategies),
});
