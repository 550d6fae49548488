// The handler of plans: turns what is to be planned into the command that would make it.

import type { planOperations } from "../../../api/operations/plans.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import type { Command } from "../../../core/commands/command.ts";
import { resolveNode, resolveService } from "../../../core/state/lookup.ts";
import { unreachable } from "../../../lib/assert.ts";
import { ok } from "../../../lib/result.ts";
import type { Origin } from "../../../model/origin.ts";
import type { ParsedPlanInput } from "../../../model/plan/plan-input.ts";
import type { Outcome } from "../../../model/refusal.ts";
import { Planner } from "../planner.ts";
import { appContent, imagesOfApp } from "./app-content.ts";
import type { DurableReads, HandlerContext } from "./context.ts";
import { putCommand } from "./services.ts";

export function planHandlers(context: HandlerContext, reads: DurableReads): HandlersOf<typeof planOperations> {
  const { loop, clock } = context;
  const planner = new Planner(
    () => reads.durable(),
    () => loop.context,
    clock,
  );
  return {
    plan: async ({ body, origin, signal }) => {
      const command = await commandOf(context, reads, body, origin, signal);
      return command.ok ? planner.plan(command.value, origin, body.until, signal) : command;
    },
  };
}

async function appCommandOf(
  context: HandlerContext,
  reads: DurableReads,
  { putApp, rollbackApp, removeApp, resolve }: ParsedPlanInput,
  by: string,
  signal: AbortSignal,
): Promise<Outcome<Command>> {
  if (removeApp) return ok({ type: "removeApp", name: removeApp.app });
  if (rollbackApp) return ok({ type: "rollbackApp", name: rollbackApp.app, to: rollbackApp.to ?? null, by });
  const { name, ...body } = putApp!;
  const input = await appContent(context, reads, name, body, "never");
  if (!input.ok) return input;
  const images = await imagesOfApp(context, input.value.services, resolve, signal);
  return ok({ type: "putApp", name, input: input.value, images, by });
}

async function commandOf(
  context: HandlerContext,
  reads: DurableReads,
  body: ParsedPlanInput,
  origin: Origin,
  signal: AbortSignal,
): Promise<Outcome<Command>> {
  const by = origin.name;
  if (body.putApp ?? body.rollbackApp ?? body.removeApp) return appCommandOf(context, reads, body, by, signal);
  const state = await reads.durable();
  const { putService, scale, rollback, restart, removeService, drain, removeNode, resolve } = body;
  if (putService) return putCommand(context, putService, { origin, query: { resolve }, signal });
  if (drain ?? removeNode) {
    const node = resolveNode(state, (drain ?? removeNode)!.node);
    if (!node.ok) return node;
    const { nodeId } = node.value;
    if (drain) return ok({ type: "drainNode", nodeId, deadlineMs: drain.deadlineMs, by });
    return ok({ type: "deregisterNode", nodeId });
  }
  const asked = scale ?? rollback ?? restart ?? removeService;
  if (!asked) return unreachable(asked as never);
  const service = resolveService(state, asked.service);
  if (!service.ok) return service;
  const { serviceId } = service.value;
  if (scale) return ok({ type: "scaleService", serviceId, replicas: scale.replicas });
  if (rollback) return ok({ type: "rollbackService", serviceId, to: rollback.to ?? null });
  if (restart) return ok({ type: "restartService", serviceId, by });
  return ok({ type: "removeService", serviceId });
}
