// The job or the schedule of a name: no two of them have the same.

import type { OperationId } from "../../../api/operations/operations.ts";
import type { JobView } from "../../../model/job/view.ts";
import type { ScheduleView } from "../../../model/schedule/view.ts";
import type { Context } from "../../command/context.ts";

export async function jobOrSchedule(context: Context, id: string): Promise<JobView | ScheduleView> {
  const ofJob = await context.try("getJob", { id });
  if (ofJob.ok) return ofJob.value!;
  const ofSchedule = ofJob.refusal.code === "job-not-found" ? await context.try("getSchedule", { id }) : ofJob;
  if (ofSchedule.ok) return ofSchedule.value as ScheduleView;
  const { refusal } = ofSchedule;
  if (refusal.code !== "schedule-not-found") throw context.refused(refusal);
  const message = refusal.message.replace("no schedule", "no job or schedule");
  throw context.refused(await context.withOtherKind({ ...refusal, message }, { id }));
}

type Acting = Extract<OperationId, "suspendJob" | "resumeJob" | "deleteJob">;
const ofSchedules = {
  suspendJob: "suspendSchedule",
  resumeJob: "resumeSchedule",
  deleteJob: "deleteSchedule",
} as const;

/** Does to the job, or to the schedule of this name, what the operation says. Resolves with the name. */
export async function act(context: Context, operation: Acting, reference: string): Promise<string> {
  const found = await jobOrSchedule(context, reference);
  if ("jobId" in found) await context.call(operation, { id: found.jobId });
  else await context.call(ofSchedules[operation], { id: found.scheduleId });
  return found.name;
}
