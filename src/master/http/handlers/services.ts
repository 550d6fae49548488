// The handlers of services.

import type { serviceOperations } from "../../../api/operations/services.ts";
import { EncodedJson, type HandlersOf } from "../../../api/server/call.ts";
import type { Command } from "../../../core/commands/command.ts";
import { compareSlots, replicasOf } from "../../../core/reconcile/service/replica.ts";
import type { ClusterState } from "../../../core/state/cluster-state.ts";
import { resolveService } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import type { ServiceId } from "../../../model/ids.ts";
import { hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { imagesToResolve, type ResolvedImage } from "../../../model/service/pinned.ts";
import { packRevision, revisionId, type Service, shownTemplate } from "../../../model/service/service.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import type { RevisionView, ServiceView } from "../../../model/service/view.ts";
import { checkTaskInput } from "../../../model/task/check-input.ts";
import { specOfInput } from "../../../model/task/input-spec.ts";
import { unpackSpec } from "../../../model/task/spec.ts";
import { viewTask } from "../../../model/task/view.ts";
import { resolveImages } from "../../node-client/image-digests.ts";
import { storedLogin } from "../../secrets/registry-logins.ts";
import { endpointsOf } from "../../watch/endpoint-streams.ts";
import { viewService } from "../service-view.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

export function serviceHandlers(context: HandlerContext, reads: DurableReads): HandlersOf<typeof serviceOperations> {
  const { state, loop, watchers } = context;
  const shown = async (outcome: Outcome<ServiceId>): Promise<Outcome<ServiceView>> => {
    if (!outcome.ok) return outcome;
    const service = resolveService(await reads.durable(), outcome.value);
    return service.ok ? ok(viewService(state, service.value)) : service;
  };
  const submit = async (command: Command, origin: Origin): Promise<Outcome<ServiceId>> => {
    const outcome = await loop.submit(command, origin);
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
      const input = checked(body);
      if (!input.ok) return input;
      const images = await resolved(context, input.value, query.resolve, signal);
      const command: Command = { type: "putService", input: input.value, images, by: origin.name, mustBeNew: true };
      const created = await shown(await submit(command, origin));
      if (!created.ok) return created;
      const location = `/api/v1/services/${created.value.serviceId}`;
      return ok(new EncodedJson(JSON.stringify(created.value), { location }));
    },
    listServices: async () => {
      const services = [...(await reads.durable()).tables.service.values()];
      services.sort((left, right) => (left.name < right.name ? -1 : 1));
      return ok(services.map((service) => viewService(state, service)));
    },
    getService: async ({ parameters }) => {
      const service = await found(parameters.id);
      return service.ok ? ok(viewService(state, service.value)) : service;
    },
    putService: async ({ body, origin, parameters, query, signal }) => {
      const input = checked(body);
      if (!input.ok) return input;
      if (input.value.name !== parameters.id) {
        const named = await found(parameters.id);
        if (!named.ok || named.value.name !== input.value.name) return otherName(parameters.id, input.value.name);
      }
      const note = query.note ?? "";
      const images = await resolved(context, input.value, query.resolve, signal);
      const command: Command = { type: "putService", input: input.value, images, by: origin.name, note };
      return shown(await submit(command, origin));
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
      return service.ok ? ok(tasksOf(state, service.value)) : service;
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

function checked(body: ParsedServiceInput): Outcome<ParsedServiceInput> {
  const { mode: _, replicas: __, rollout: ___, ...task } = body;
  const input = checkTaskInput(task);
  return input.ok ? ok({ ...body, ...input.value }) : input;
}

/** What the tags stand for that are new to the service, or all of them. */
async function resolved(
  { state, logs, vault }: HandlerContext,
  input: ParsedServiceInput,
  which: "always" | "changed" | "never" = "changed",
  signal: AbortSignal,
): Promise<ResolvedImage[]> {
  const service = which === "always" ? undefined : state.serviceNamed(input.name);
  const known = service && state.tables.revision.get(revisionId(service.serviceId, service.target))?.images;
  const images = imagesToResolve(unpackSpec(specOfInput(input))).filter(
    (image) => !known?.some((one) => one.image === image),
  );
  const loginFor = (image: string) => storedLogin(state, vault, image);
  if (which === "never") return images.map((image) => ({ image, digest: null, why: "not looked up, as asked for" }));
  return images.length === 0 ? [] : resolveImages(images, nodesToAsk(state), signal, { ...logs, loginFor });
}

/** Online ones with an engine, by host name. */
function nodesToAsk(state: ClusterState): NodeRecord[] {
  return [...state.nodes.values()]
    .filter((node) => node.status === "online" && node.engineError === null && hasWorker(node))
    .sort((left, right) => (left.hostname < right.hostname ? -1 : 1));
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

/** By slot, and by id within one; also those that ended and that nothing has replaced yet. */
function tasksOf(state: ClusterState, { serviceId }: Service) {
  return replicasOf(state, serviceId)
    .sort((a, b) => compareSlots(a.slot, b.slot))
    .map(({ task }) => viewTask(task));
}
