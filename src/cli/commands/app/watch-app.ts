// Waits until every service of an app is steady, and shows how far it is: on a terminal a line for each service and job, in a pipe a
// line for each change.

import { delay } from "../../../lib/clock.ts";
import type { MemberChange } from "../../../model/app/app.ts";
import type { AppView } from "../../../model/app/view.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { writeError } from "../../command/failure.ts";
import { patiently } from "../../command/reconnect.ts";
import { Repaint } from "../../command/repaint.ts";
import { isReady, memberColumns, memberRows, servicesText } from "../../render/apps.ts";
import { renderTable } from "../../render/table.ts";
import { formatWait } from "../../render/time.ts";

/** Replicas change within some tenths of a second. */
const readMs = 300;

/** Resolves with the exit code. Ctrl-C leaves the app as it is. `changes`: what was just changed of its members. */
export async function watchApp(
  context: Context,
  name: string,
  timeoutMs: number,
  changes: readonly MemberChange[],
): Promise<number> {
  const { clock, stderr } = context.io;
  const begins = ({ kind, change }: MemberChange) => kind === "job" && (change === "created" || change === "updated");
  const begunJobs = new Set(changes.filter(begins).map((member) => member.name));
  const begun = clock.elapsed();
  const repaint = new Repaint(stderr);
  const said = new Map<string, string>();
  for (;;) {
    const app = await patiently(context, () => context.call("getApp", { id: name }));
    if (isOver(app, begunJobs)) {
      if (stderr.isTty) await repaint.show("");
      return report(context, app, clock.elapsed() - begun);
    }
    if (clock.elapsed() - begun >= timeoutMs) {
      repaint.leave();
      await context.say(
        `${name} is not yet steady after ${formatWait(timeoutMs)}: ${readyText(app)}, ` +
          `${app.reason.message}. Details: podling app inspect ${name}`,
      );
      return exitCodes.notYet;
    }
    if (stderr.isTty) await repaint.show(picture(context, app));
    else await sayChanges(context, app, said);
    await delay(clock, readMs);
  }
}

type Service = AppView["services"][number];

/**
 * Each service is as it was asked for, has gone another way, or waits for a person; or a job that has just begun has failed, and
 * others may wait for it. One that had failed before says nothing about this change.
 */
function isOver({ services, jobs }: AppView, begunJobs: ReadonlySet<string>): boolean {
  return jobs.some(({ name, status }) => status === "failed" && begunJobs.has(name)) || services.every(isSettled);
}

function isSettled(service: Service): boolean {
  if (service.status === "created" || service.status === "deploying") return false;
  return service.status === "steady" ? isReady(service) : true;
}

async function sayChanges(context: Context, app: AppView, said: Map<string, string>): Promise<void> {
  for (const { name, ready, status } of memberRows(app)) {
    const line = `${name}: ${ready === "job" ? "" : `${ready} ready, `}${status}`;
    if (said.get(name) !== line) await context.say(line);
    said.set(name, line);
  }
}

function picture(context: Context, app: AppView): string {
  return renderTable(memberColumns, memberRows(app), context.style("stderr"), context.io.stderr.columns());
}

/** "2/3 services are ready" */
function readyText(app: AppView): string {
  return app.services.length === 0 ? "no services" : `${servicesText(app)} services are ready`;
}

async function report(context: Context, app: AppView, tookMs: number): Promise<number> {
  const { name, revision, reason, services, jobs } = app;
  const bad = services.find(({ status }) => ["failing", "rolled-back", "paused"].includes(status));
  const job = jobs.find(({ status }) => status === "failed");
  if (bad === undefined && job === undefined) {
    const canaries = services.filter(({ status }) => status === "canary");
    const next = canaries.length > 0 ? `; canaries run: podling service promote ${canaries[0]!.name}` : "";
    await context.say(`${name}: revision ${revision}, ${readyText(app)}, after ${formatWait(tookMs)}${next}`);
    return exitCodes.done;
  }
  const look = bad ? `podling service ps ${bad.name}` : `podling job logs ${job!.name}`;
  const back = revision > 1 ? `, podling app rollback ${name}` : "";
  await writeError(context.io.stderr, `${name} is ${reason.code}: ${reason.message}`, `Details: ${look}${back}`);
  return exitCodes.error;
}
