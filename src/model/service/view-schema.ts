// The schemas of what leaves the master of a service and of its revisions.

import { z } from "zod";
import { packedSpec } from "../task/schema.ts";
import { service } from "./schema.ts";

const count = z.int().min(0);

/** What the master adds to the record. */
export const serviceUse = z.object({
  replicas: z
    .object({
      wanted: count.describe("How many there should be."),
      serving: count.describe("How many run and are ready."),
      updated: count.describe("How many of the serving ones are of the wanted revision."),
      live: count.describe("How many exist and are to stay."),
      done: count.describe(
        "How many slots need no replica any more, because theirs has ended as its restart policy allows.",
      ),
      going: count.describe("How many are being drained or stopped."),
    })
    .describe("Counted when the answer was made."),
  template: packedSpec.describe("That of the wanted revision."),
});

export const serviceView = service
  .extend(serviceUse.shape)
  .describe("A service: replicas of a task that are kept running under one name.");
