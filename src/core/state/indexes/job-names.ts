// Jobs by name.

import type { JobId } from "../../../model/ids.ts";
import type { Job } from "../../../model/job/job.ts";
import type { Index } from "../delta.ts";

export class JobNames implements Index<Job> {
  readonly #byName = new Map<string, JobId>();

  named(name: string): JobId | undefined {
    return this.#byName.get(name);
  }

  moved(before: Job | null, after: Job | null): void {
    if (before !== null && after !== null) return; // the name never changes
    if (before) this.#byName.delete(before.name);
    if (after) this.#byName.set(after.name, after.jobId);
  }
}
