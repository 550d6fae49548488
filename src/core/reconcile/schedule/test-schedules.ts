// A cluster with a schedule for tests, whose clock the test sets. Test support.

import type { Job } from "../../../model/job/job.ts";
import type { Schedule } from "../../../model/schedule/schedule.ts";
import type { ParsedScheduleInput } from "../../../model/schedule/schedule-input.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { World } from "../../test-world.ts";
import { Jobs } from "../job/test-jobs.ts";

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A cluster whose clock stands at noon of 2025-01-19 in UTC. */
export class Schedules extends Jobs {
  constructor() {
    super();
    this.world.now = Date.parse("2025-01-19T12:00:00Z");
  }

  schedule(input: Partial<ParsedScheduleInput> = {}): Schedule {
    const wanted = { name: "nightly", image: "app:1", cron: "0 3 * * *", ...input } as ParsedScheduleInput;
    this.world.do({ type: "putSchedule", input: wanted, by: "test" });
    return this.nightly;
  }

  get nightly(): Schedule {
    return this.world.state.scheduleNamed("nightly")!;
  }

  /** By name. */
  get jobs(): Job[] {
    return [...this.world.state.tables.job.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  get names(): string[] {
    return this.jobs.map(({ name, status }) => `${name.slice("nightly-2025".length)} ${status}`);
  }

  /** The clock goes on (or back), and the master's timer comes. */
  at(time: string | number): void {
    this.world.now = typeof time === "string" ? Date.parse(time) : this.world.now + time;
    this.world.do({ type: "wake" });
  }

  /** The master starts again from its records. */
  recover(): void {
    const { state, now } = this.world;
    this.world = Object.assign(new World(), { state: readSnapshot([...writeSnapshot(state)]), now });
  }

  /** Everything that runs ends. */
  work(): void {
    for (let round = 0; round < 3; round++) this.round(0);
  }
}
