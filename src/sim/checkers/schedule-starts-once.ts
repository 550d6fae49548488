// A schedule starts at most one job a due time, and the newest one that it has handled never goes back.

import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";

export const scheduleStartsOnce: Checker = {
  name: "schedule-starts-once",
  sentence: "A schedule starts at most one job a due time, none before it, and never goes back to an earlier one.",
  class: "safety",
  hooks: (_context, fail) => {
    const started = new Map<string, string>();
    return {
      batch(certain) {
        for (const { before, after } of changesOf(certain, "job")) {
          const schedule = before === null ? (after?.schedule ?? null) : null;
          if (schedule === null || schedule.dueAt === null) continue;
          const key = `${schedule.scheduleId} ${schedule.dueAt}`;
          const earlier = started.get(key);
          if (earlier !== undefined) fail(`${schedule.dueAt} started ${earlier} and ${after!.name}`);
          started.set(key, after!.name);
          if (Date.parse(schedule.dueAt) > certain.batch.at) fail(`${after!.name} started before ${schedule.dueAt}`);
        }
        for (const { before, after } of changesOf(certain, "schedule")) {
          if (before === null || after === null) continue;
          const { name, lastDueAt } = after;
          if ((lastDueAt ?? "") < (before.lastDueAt ?? ""))
            fail(`${name} went back from ${before.lastDueAt} to ${lastDueAt}`);
        }
      },
    };
  },
};
