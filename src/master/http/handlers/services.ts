// The handlers of services.

import type { serviceOperations } from "../../../api/operations/services.ts";
import { EncodedJson, type HandlersOf } from "../../../api/server/call.ts";
import type { Command } from "../../../core/commands/command.ts";
import { compareSlots } from "../../../core/reconcile/service/replica.ts";
import type { ClusterState } from "../../../core/state/cluster-state.ts";
import { resolveService } from "../../../core/state/lookup.ts";
import { tasksOf } from "../../../core/state/tasks-of-service.ts";
import { ok } from "../../../lib/result.ts";
import type { ServiceId } from "../../../model/ids.ts";
import type { Origin } from "../../../model/origin.ts";
import type { PlanOutcome } from "../../../model/plan/plan.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { checkServiceInput } from "../../../model/service/check-service.ts";
import { hasSelector } from "../../../model/service/selector.ts";
import { checkSelectorInput, type ParsedSelectorInput } from "../../../model/service/selector-input.ts";
import { packRevision, revisionId, type Service, shownTemplate } from "../../../model/service/service.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import type { RevisionView, ServiceView } from "../../../model/service/view.ts";
import { namespaceOf } from "../../../model/task/pod-view.ts";
import { viewTask } from "../../../model/task/view.ts";
import { endpointsOf } from "../../watch/endpoint-streams.ts";
import { viewService } from "../service-view.ts";
import type { DurableReads, HandlerContext } from "./context.ts";
import { resolvedImages } from "./resolved-images.ts";

type PutCommand = Extract<Command, { type: "putService" | "putSelector" }>;

interface PutQuery {
  resolve?: "always" | "changed" | "never" | undefined;
  note?: string | undefined;
}

export function serviceHandlers(context: HandlerContext, reads: DurableReads): HandlersOf<typeof serviceOperations> {
  const { state, loop, watchers } = context;
  const shown = async (outcome: Outcome<ServiceId>): Promise<Outcome<ServiceView>> => {
    if (!outcome.ok) return outcome;
    const service = resolveService(await reads.durable(), outcome.value);
    return service.ok ? ok(viewService(state, service.value)) : service;
  };
  const submit = async (command: Command, origin: Origin, expected?: PlanOutcome): Promise<Outcome<ServiceId>> => {
    const outcome = await loop.submit(command, origin, expected);
    return outcome.ok ? ok(outcome.value.serviceId!) : outcome;
  };
  const found = async (reference: string) => resolveService(await reads.durable(), reference);
  /** A command on the service that the path names, answered with the service as it is afterwards. */
  const change = async (
    { parameters, origin }: { parameters: { id: string }; origin: Origin },
    command: (serviceId: ServiceId, service: Service) => Command,
  ): Promise<Outcome<ServiceView>> => {
    const service = await found(parameters.id);
    if (!service.ok) return service;
    return shown(await submit(command(service.value.serviceId, service.value), origin));
  };
  return {
    createService: async ({ body, origin, query, signal }) => {
      const { input, expected } = withoutExpected(body);
      const command = await putCommand(context, input, { origin, query, signal });
      if (!command.ok) return command;
      const created = await shown(await submit({ ...command.value, mustBeNew: true }, origin, expected));
      if (!created.ok) return created;
      const location = `/api/v1/services/${created.value.serviceId}`;
      return ok(new EncodedJson(JSON.stringify(created.value), { location }));
    },
    listServices: async ({ query: { namespace } }) => {
      const services = [...(await reads.durable()).tables.service.values()].filter(
        (service) => namespace === undefined || namespaceOfService(state, service) === namespace,
      );
      services.sort((left, right) => (left.name < right.name ? -1 : 1));
      return ok(services.map((service) => viewService(state, service)));
    },
    getService: async ({ parameters }) => {
      const service = await found(parameters.id);
      return service.ok ? ok(viewService(state, service.value)) : service;
    },
    putService: async ({ body, origin, parameters, query, signal }) => {
      if (body.name !== parameters.id) {
        const named = await found(parameters.id);
        if (!named.ok || named.value.name !== body.name) return otherName(parameters.id, body.name);
      }
      const { input, expected } = withoutExpected(body);
      const command = await putCommand(context, input, { origin, query, signal });
      return command.ok ? shown(await submit(command.value, origin, expected)) : command;
    },
    deleteService: async ({ parameters, origin }) => {
      const service = await found(parameters.id);
      if (!service.ok) return service;
      const removed = await submit({ type: "removeService", serviceId: service.value.serviceId }, origin);
      return removed.ok ? ok(null) : removed;
    },
    scaleService: (call) =>
      change(call, (serviceId) => ({ type: "scaleService", serviceId, replicas: call.query.replicas })),
    restartService: (call) =>
      change(call, (serviceId) => ({ type: "restartService", serviceId, by: call.origin.name })),
    pauseService: (call) => change(call, (serviceId) => ({ type: "pauseService", serviceId, paused: true })),
    resumeService: (call) => change(call, (serviceId) => ({ type: "pauseService", serviceId, paused: false })),
    promoteService: (call) => change(call, (serviceId) => ({ type: "promoteService", serviceId })),
    rollbackService: (call) =>
      change(call, (serviceId) => ({ type: "rollbackService", serviceId, to: call.query.to ?? null })),
    listRevisions: async ({ parameters }) => {
      const service = await found(parameters.id);
      return service.ok ? ok(revisionsOf(state, service.value)) : service;
    },
    listReplicas: async ({ parameters }) => {
      const service = await found(parameters.id);
      return service.ok ? ok(shownTasks(state, service.value)) : service;
    },
    listEndpoints: async (call) => {
      const service = await found(call.parameters.id);
      if (!service.ok) return service;
      if (!call.query.watch) return ok(endpointsOf(state, service.value));
      call.mayTakeLong();
      return watchers.watchEndpoints(service.value);
    },
  };
}

type PutBody = ParsedServiceInput & { expectedOutcome?: PlanOutcome | undefined };

/** What the service is to be, and what the client expects of the request. */
function withoutExpected(body: PutBody | ParsedSelectorInput): {
  input: ParsedServiceInput | ParsedSelectorInput;
  expected?: PlanOutcome;
} {
  if ("selector" in body) return { input: body };
  const { expectedOutcome: expected, ...input } = body;
  return expected ? { input, expected } : { input };
}

/** The command that makes a service what the body says. */
export async function putCommand(
  context: HandlerContext,
  body: ParsedServiceInput | ParsedSelectorInput,
  { origin, query, signal }: { origin: Origin; query: PutQuery; signal: AbortSignal },
): Promise<Outcome<PutCommand>> {
  if ("selector" in body) return checkSelectorInput(body) ?? ok({ type: "putSelector", input: body });
  const input = checkServiceInput(body);
  if (!input.ok) return input;
  const images = await resolvedImages(context, input.value, query.resolve, signal);
  return ok({ type: "putService", input: input.value, images, by: origin.name, note: query.note ?? "" });
}

/** Of a service with replicas: that of its template. */
function namespaceOfService(state: ClusterState, { serviceId, target, namespace }: Service): string {
  if (namespace !== undefined) return namespace;
  return namespaceOf(state.record("revision", revisionId(serviceId, target)));
}

function otherName(inPath: string, inBody: string): Outcome<never> {
  return refuse("unprocessable", `the path names the service ${inPath}, and the body ${inBody}`, {
    hint: "Write the same name in both: a service keeps its name.",
    details: { field: "name" },
  });
}

function revisionsOf(state: ClusterState, { serviceId }: Service): RevisionView[] {
  return state
    .revisionsOf(serviceId)
    .map((number) => state.record("revision", revisionId(serviceId, number)))
    .map((revision) => ({ ...packRevision(revision), spec: shownTemplate(revision.spec) }));
}

/** By slot, and by id within one; those that are selected by name. Also replicas that ended and that nothing has replaced yet. */
function shownTasks(state: ClusterState, service: Service) {
  const tasks = tasksOf(state, service);
  const inOrder = hasSelector(service)
    ? tasks.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))
    : tasks.sort((a, b) => compareSlots(a.owner?.slot ?? "", b.owner?.slot ?? ""));
  return inOrder.map(viewTask);
}
