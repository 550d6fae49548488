// A job as it leaves the master: the record, with the count of its unfinished tasks.

import type { z } from "zod";
import type { PackedJob } from "./job.ts";
import type * as schema from "./view-schema.ts";

export interface JobView extends PackedJob, JobUse {}

/** What the master adds to the record. */
export interface JobUse extends Readonly<z.output<typeof schema.jobUse>> {}
