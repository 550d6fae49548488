// The handlers of apps. Contents are sealed and tags are looked up here, before they become one command.

import type { appOperations } from "../../../api/operations/apps.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import { revisionsOfApp } from "../../../core/commands/app/app-requests.ts";
import type { AppCommand } from "../../../core/commands/command.ts";
import { findApp } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import { type AppOutcome, appRevisionId } from "../../../model/app/app.ts";
import { appName } from "../../../model/app/app-input.ts";
import type { AppApplied } from "../../../model/app/view.ts";
import { limits } from "../../../model/limits.ts";
import type { Origin } from "../../../model/origin.ts";
import type { PlanOutcome } from "../../../model/plan/plan.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import { viewApp } from "../app-view.ts";
import { appContent, imagesOfApp } from "./app-content.ts";
import type { DurableReads, HandlerContext } from "./context.ts";
import { removeVolume } from "./remove-volume.ts";

export function appHandlers(context: HandlerContext, reads: DurableReads): HandlersOf<typeof appOperations> {
  const { state, loop } = context;
  const submit = async (command: AppCommand, origin: Origin, planned?: PlanOutcome): Promise<Outcome<AppOutcome>> => {
    const outcome = await loop.submit(command, origin, planned);
    return outcome.ok ? ok(outcome.value.app!) : outcome;
  };
  const applied = async (command: AppCommand, origin: Origin, planned?: PlanOutcome): Promise<Outcome<AppApplied>> => {
    const outcome = await submit(command, origin, planned);
    if (!outcome.ok) return outcome;
    const app = findApp(await reads.durable(), command.name);
    return app.ok ? ok({ ...viewApp(state, app.value), changes: outcome.value.members }) : app;
  };
  /** What the command would do now. */
  const tried = async (command: AppCommand): Promise<Outcome<AppApplied>> => {
    await reads.durable();
    return loop.trial(command, ({ outcomes: [outcome] }) => {
      if (!outcome!.ok) return outcome!;
      const app = findApp(state, command.name);
      return app.ok ? ok({ ...viewApp(state, app.value), changes: outcome!.value.app!.members }) : app;
    });
  };
  return {
    putApp: async ({ body, parameters: { id: name }, query, origin, signal }) => {
      const { note = "", resolve } = query;
      const seals = query.dryRun ? "never" : "always";
      const input = refuseAppName(name) ?? (await appContent(context, reads, name, body, seals));
      if (!input.ok) return input;
      const images = await imagesOfApp(context, input.value.services, resolve, signal);
      const asked = { name, by: origin.name, note, ...expected(query) };
      const command = { type: "putApp", input: input.value, images, ...asked } as const;
      return query.dryRun ? tried(command) : applied(command, origin, body.expectedOutcome);
    },
    listApps: async () => {
      const apps = [...(await reads.durable()).tables.app.values()];
      apps.sort((left, right) => (left.name < right.name ? -1 : 1));
      return ok(apps.map((app) => viewApp(state, app)));
    },
    getApp: async ({ parameters }) => {
      const app = findApp(await reads.durable(), parameters.id);
      return app.ok ? ok(viewApp(state, app.value)) : app;
    },
    listAppRevisions: async ({ parameters: { id } }) => {
      const app = findApp(await reads.durable(), id);
      if (!app.ok) return app;
      const numbers = revisionsOfApp(state, app.value);
      return ok(numbers.map((number) => state.record("appRevision", appRevisionId(id, number))));
    },
    rollbackApp: ({ parameters: { id: name }, query, origin }) =>
      applied({ type: "rollbackApp", name, to: query.to ?? null, by: origin.name, ...expected(query) }, origin),
    deleteApp: async (call) => {
      const { parameters, query, origin } = call;
      const { id: name } = parameters;
      const removed = await submit({ type: "removeApp", name }, origin);
      if (!removed.ok) return removed;
      const changes = removed.value.members;
      if (!query.volumes) return ok({ name, changes, volumes: [] });
      call.mayTakeLong();
      const names = changes.filter(({ kind }) => kind === "volume").map((one) => one.name);
      const deadline = context.clock.now() + Math.min(query.timeout ?? limits.waitDefaultMs, limits.waitMaxMs);
      const volumes = await Promise.all(names.map((volume) => removeWhenFree(context, reads, volume, deadline, call)));
      return ok({ name, changes, volumes });
    },
  };
}

function expected({ expectedRevision }: { expectedRevision?: number | undefined }): { expectedRevision?: number } {
  return expectedRevision === undefined ? {} : { expectedRevision };
}

function refuseAppName(name: string): Outcome<never> | null {
  const valid = appName.safeParse(name);
  if (valid.success) return null;
  const message = `${JSON.stringify(name.slice(0, 80))} is no name of an app: expected ${valid.error.issues[0]!.message}`;
  return refuse("unprocessable", message, { hint: "Give it another name.", details: { field: "name" } });
}

function isStopping(task: Task): boolean {
  return task.desired === "stopped" && !hasFinished(task);
}

/** Waits for the tasks that are being stopped; one that something else keeps is a reason not to remove the volume. */
async function removeWhenFree(
  context: HandlerContext,
  reads: DurableReads,
  name: string,
  deadline: number,
  call: { origin: Origin; signal: AbortSignal },
) {
  const { state, watchers, clock } = context;
  for (;;) {
    // One that has ended may keep its record, and would be waited for without end.
    const stopping = [...state.schedule.volumes.users(name)].map((id) => state.task(id)).filter(isStopping);
    const [next] = stopping.map(({ taskId }) => taskId).sort();
    const left = deadline - clock.now();
    if (next === undefined || left <= 0 || call.signal.aborted) break;
    await watchers.waitFor(next, hasFinished, left, call.signal);
  }
  const done = await removeVolume(context, reads, name, { force: false, origin: call.origin, signal: call.signal });
  if (done.ok) return { name, removed: true, message: done.value.message };
  return { name, removed: false, message: `${done.refusal.message}; remove it with: podling volume rm ${name}` };
}
