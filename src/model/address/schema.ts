// The schema of addresses that the cluster gives: the check of records that come from outside.

import { z } from "zod";
import { timeText } from "../fields.ts";

export const addressOwners = ["service", "node"] as const;

export const address = z.object({
  address: z.string().describe("10.211.0.7 of a service, 10.210.7.0/24 of a node. Unique in the cluster."),
  owner: z.object({
    kind: z.enum(addressOwners).describe("A service has a virtual address, a node a range for its tasks."),
    id: z.string().describe("Its id."),
  }),
  givenAt: timeText.describe("By the master's clock."),
  restsUntil: timeText
    .nullable()
    .describe(
      "Null while its owner has it. Afterwards it is given to no other before this time, because clients remember it.",
    ),
});
