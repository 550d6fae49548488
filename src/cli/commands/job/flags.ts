// The flags of jobs: the template of their tasks, how many must succeed, and when a job is given up.

import type { BodyInput } from "../../../api/operations/operations.ts";
import { limits } from "../../../model/limits.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { dependsOnFlag, dependsOnOf } from "../service/depends-on.ts";
import { templateFlags } from "../task/flags/template-flags.ts";
import { nameAndImage } from "../task/name-and-image.ts";
import { warnOfNoNeighbour } from "../task/near.ts";
import { taskBody } from "../task/task-input.ts";

export const jobTemplateFlags: readonly Flag[] = templateFlags({
  description:
    "never (the default): a failed task is replaced by another one; or on-failure:N: its container is started again first",
  completes: ["never", "on-failure"],
});

/** Flags of services, which a job does not have. */
export const refusedJobFlags: Readonly<Record<string, string>> = {
  "--replicas": "write --completions N for how many tasks must succeed, --parallelism N for how many run at once",
};

export const jobFlags: readonly Flag[] = [
  { long: "name", value: "NAME", description: "name of the job, if it is not the first word" },
  { long: "completions", value: "N", description: "how many tasks must succeed (1 by default)" },
  { long: "parallelism", value: "N", description: "how many tasks run at once, at most (1 by default)" },
  {
    long: "indexed",
    description: "give each task an index from 0 to N-1, in the variable PODLING_JOB_INDEX",
  },
  {
    long: "backoff-limit",
    value: "N",
    description: "how many tasks may fail; one more ends the job as failed (6 by default)",
  },
  {
    long: "deadline",
    aliases: ["active-deadline"],
    value: "TIME",
    description: "end the job as failed when it takes longer than this",
  },
  { long: "ttl", value: "TIME", description: "remove the job and its tasks this long after its end, such as 1h or 0s" },
  dependsOnFlag,
];

export const scheduleFlags: readonly Flag[] = [
  {
    long: "schedule",
    value: "CRON",
    description:
      'start a job at these times, such as "0 3 * * *": minute, hour, day of the month, month, day of the week',
  },
  {
    long: "timezone",
    value: "ZONE",
    description: "the zone whose clock counts, such as Europe/Berlin (UTC by default)",
  },
  {
    long: "concurrency",
    value: "WORD",
    description: "while a job of the schedule runs: forbid (the default) skips a due time, allow, or replace",
    choices: ["allow", "forbid", "replace"],
  },
  {
    long: "start-deadline",
    value: "TIME",
    description: "a due time that is noticed later than this, after a downtime, starts no job",
  },
  { long: "keep-succeeded", value: "N", description: "completed jobs of the schedule that are kept (3 by default)" },
  { long: "keep-failed", value: "N", description: "failed jobs of the schedule that are kept (1 by default)" },
];

type Timing = Omit<BodyInput<"createSchedule">, "name">;

/** What the flags say of a schedule, beside its job; null without --schedule. */
export function timingOf(flags: FlagValues): Timing | null {
  const { cron, ...given } = givenTiming(flags);
  if (cron !== undefined) return { cron, ...given };
  if (Object.keys(given).length === 0) return null;
  throw new UsageError("the times of the schedule are missing", 'Write for example: --schedule "0 3 * * *"');
}

/** Only what is given. */
export function givenTiming(flags: FlagValues): Partial<Timing> {
  return given({
    cron: flags.text("schedule"),
    timezone: flags.text("timezone"),
    concurrency: flags.text("concurrency") as "allow" | undefined,
    startDeadline: limitMs(flags, "start-deadline"),
    keepSucceeded: flags.integer("keep-succeeded", 0, limits.scheduleKept),
    keepFailed: flags.integer("keep-failed", 0, limits.scheduleKept),
  });
}

function given<Fields extends object>(fields: Fields): { [Field in keyof Fields]?: Exclude<Fields[Field], undefined> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Fields> as never;
}

/** "none" takes a limit away. */
function limitMs(flags: FlagValues, flag: string): number | null | undefined {
  return flags.text(flag) === "none" ? null : flags.durationMs(flag);
}

/** The body of a job, from the name, the image and the flags. What is not given has the master's default. */
export async function jobBody(context: Context): Promise<BodyInput<"createJob">> {
  const { flags, containerCommand, io } = context;
  const { name, image } = nameAndImage(context);
  await warnOfNoNeighbour(context);
  return { ...(await taskBody(name, image, flags, containerCommand, io)), ...numbersOf(flags) };
}

/** Only what is given. */
export function numbersOf(flags: FlagValues): Partial<BodyInput<"createJob">> {
  return given({
    completions: flags.integer("completions", 1, limits.jobCompletions),
    parallelism: flags.integer("parallelism", 1, limits.jobParallelism),
    indexed: flags.has("indexed") ? true : undefined,
    backoffLimit: flags.integer("backoff-limit", 0, limits.jobBackoffLimit),
    activeDeadline: limitMs(flags, "deadline"),
    ttlAfterFinished: limitMs(flags, "ttl"),
    dependsOn: dependsOnOf(flags),
  });
}
