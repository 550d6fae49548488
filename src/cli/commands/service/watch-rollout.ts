// Waits until a service is what was asked for, and shows how far it is: on a terminal a line for each slot, in a pipe a line
// for each change.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import type { ServiceView } from "../../../model/service/view.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { writeError } from "../../command/failure.ts";
import { patiently } from "../../command/reconnect.ts";
import { Repaint } from "../../command/repaint.ts";
import { replicaColumns, replicasText, serviceSentence } from "../../render/services.ts";
import { oneLine } from "../../render/style.ts";
import { renderTable } from "../../render/table.ts";
import { formatWait } from "../../render/time.ts";
import { wrapAfter } from "../../render/wrap.ts";

/** Replicas change within some tenths of a second. */
const readMs = 300;

/** Resolves with the exit code. Ctrl-C leaves the service as it is. */
export async function watchRollout(context: Context, asked: ServiceView, timeoutMs: number): Promise<number> {
  const { clock, stderr } = context.io;
  const begun = clock.elapsed();
  const repaint = new Repaint(stderr);
  let said = "";
  for (;;) {
    const service = await patiently(context, () => context.call("getService", { id: asked.serviceId }));
    if (isOver(service, asked)) {
      if (stderr.isTty) await repaint.show("");
      return report(context, service, asked, clock.elapsed() - begun);
    }
    if (clock.elapsed() - begun >= timeoutMs) {
      repaint.leave();
      const { name } = service;
      const sentence = serviceSentence(service, context.masterNow());
      await context.say(
        `${name} is not yet as asked after ${formatWait(timeoutMs)}: ${replicasText(service)} serve, ${sentence}. ` +
          `Details: podling service ps ${name}`,
      );
      return exitCodes.notYet;
    }
    if (stderr.isTty) await repaint.show(await picture(context, service));
    else {
      const line = `${service.name}: ${replicasText(service)} serve, ${service.replicas.updated} of revision ${asked.target}`;
      if (line !== said) await context.say(line);
      said = line;
    }
    await delay(clock, readMs);
  }
}

/** Done, gone another way, or waiting for a person. */
function isOver(service: ServiceView, asked: ServiceView): boolean {
  const { wanted, serving, live, done } = service.replicas;
  const isThere = serving + done >= wanted && live + done === wanted;
  // Without a rollout, as after scaling, only the number counts.
  if (asked.rollout === null) return isThere;
  if (service.target !== asked.target || service.paused || service.reason.code === "canary") return true;
  return service.rollout === null && (service.reason.code === "failing" || isThere);
}

async function report(context: Context, service: ServiceView, asked: ServiceView, tookMs: number): Promise<number> {
  const { name, target, reason } = service;
  const isScaled = asked.rollout === null;
  const done =
    isScaled || (service.rollout === null && target === asked.target && !service.paused && reason.code !== "failing");
  if (done || reason.code === "canary") {
    const state =
      reason.code === "canary" && !isScaled ? reason.message : `revision ${target}, ${replicasText(service)} serve`;
    await context.say(`${name}: ${state}, after ${formatWait(tookMs)}`);
    return exitCodes.done;
  }
  await writeError(
    context.io.stderr,
    `${name}: ${reason.message}`,
    `Details: podling service ps ${name}, podling service history ${name}`,
  );
  return exitCodes.error;
}

async function picture(context: Context, service: ServiceView): Promise<string> {
  const [tasks, nodes] = await Promise.all([
    context.try("listReplicas", { id: service.serviceId }),
    context.try("listNodes"),
  ]);
  const rows = tasks.ok ? ((tasks.value ?? []) as TaskView[]) : [];
  const byId = new Map((nodes.ok ? (nodes.value ?? []) : []).map((node) => [node.nodeId, node]));
  const { columns } = context.io.stderr;
  const sentence = oneLine(
    `${service.name}: ${replicasText(service)} serve, ${serviceSentence(service, context.masterNow())}`,
  );
  const head = wrapAfter("", sentence, columns());
  return head + renderTable(replicaColumns(context.masterNow(), byId, rows), rows, context.style("stderr"), columns());
}
