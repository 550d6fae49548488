// The handlers of nodes: registrations and heartbeats of workers, and what people do with nodes.

import { nodeIdsHeader } from "../../../api/node-ids-header.ts";
import type { nodeOperations } from "../../../api/operations/nodes.ts";
import { fromNode } from "../../../api/origin.ts";
import { wantsShortAnswer } from "../../../api/prefer-header.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import { instanceFrom, instanceHeader } from "../../../api/worker-instance.ts";
import type { Command } from "../../../core/commands/command.ts";
import { claimedNode } from "../../../core/commands/registration.ts";
import { findNode } from "../../../core/state/lookup.ts";
import { compareTexts } from "../../../lib/compare-texts.ts";
import { ok } from "../../../lib/result.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { Cleanup } from "../../../model/node/cleanup.ts";
import type { Node, NodeRecord } from "../../../model/node/node.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { cleanNode } from "../../node-client/cleanup.ts";
import type { CallOf, DurableReads, HandlerContext } from "./context.ts";

export function nodeHandlers(context: HandlerContext, reads: DurableReads): HandlersOf<typeof nodeOperations> {
  const { state, loop, nodeHealth, view, logs } = context;

  /** The node as it is after a command; another client may have deregistered it in the same tick. */
  const after = (nodeId: NodeId): Outcome<Node> => {
    const found = findNode(state, nodeId);
    return found.ok ? ok(view(found.value)) : found;
  };

  const change = async (
    call: Pick<CallOf<"cordonNode">, "parameters" | "origin">,
    command: (nodeId: NodeId) => Command,
  ): Promise<Outcome<Node>> => {
    const found = await reads.node(call.parameters.id);
    if (!found.ok) return found;
    const { nodeId } = found.value;
    const outcome = await loop.submit(command(nodeId), call.origin);
    return outcome.ok ? after(nodeId) : outcome;
  };

  const clean = async (call: CallOf<"previewCleanup" | "cleanNode">, method: "GET" | "POST") => {
    const found = await reads.node(call.parameters.id);
    if (!found.ok) return found;
    call.mayTakeLong();
    // The worker goes on without its client, so that the records must learn what it has removed.
    const signal = method === "POST" ? new AbortController().signal : call.signal;
    const cleaned = await cleanNode(found.value, method, call.query, signal, logs);
    return cleaned.ok ? withoutData(context, found.value, cleaned.value, call.origin) : cleaned;
  };

  return {
    ...registrationHandlers(context),
    ...heartbeatHandlers(context, reads),
    ...assignmentHandlers(context, reads),
    deregisterNode: async (call) => {
      const found = await reads.node(call.parameters.id);
      if (!found.ok) return found;
      const { nodeId } = found.value;
      const outcome = await loop.submit({ type: "deregisterNode", nodeId }, call.origin);
      if (!outcome.ok) return outcome;
      nodeHealth.forget(nodeId);
      return ok(null);
    },
    listNodes: async () => {
      const { nodes } = await reads.durable();
      return ok([...nodes.values()].sort(byHostname).map(view));
    },
    getNode: async (call) => {
      const found = await reads.node(call.parameters.id);
      return found.ok ? ok(view(found.value)) : found;
    },
    cordonNode: (call) => change(call, (nodeId) => ({ type: "setSchedulable", nodeId, schedulable: false })),
    uncordonNode: (call) => change(call, (nodeId) => ({ type: "setSchedulable", nodeId, schedulable: true })),
    drainNode: (call) =>
      change(call, (nodeId) => ({
        ...{ type: "drainNode", nodeId, deadlineMs: call.body.deadlineMs, by: call.origin.name },
      })),
    undrainNode: (call) => change(call, (nodeId) => ({ type: "undrainNode", nodeId })),
    labelNode: (call) => change(call, (nodeId) => ({ type: "labelNode", nodeId, ...call.body })),
    loseNode: async (call) => {
      const found = await reads.node(call.parameters.id);
      if (!found.ok) return found;
      const outcome = await nodeHealth.declareLost(found.value, call.query.force ?? false, call.origin);
      return outcome.ok ? after(outcome.value) : outcome;
    },
    previewCleanup: (call) => clean(call, "GET"),
    cleanNode: (call) => clean(call, "POST"),
  };
}

/** The same answer, when the records of the volumes that were removed say that their node need not have the data. */
async function withoutData(
  { loop, state }: Pick<HandlerContext, "loop" | "state">,
  { nodeId }: NodeRecord,
  cleanup: Cleanup,
  origin: Origin,
): Promise<Outcome<Cleanup>> {
  const removed = cleanup.items.filter(
    ({ kind, verdict, name }) => kind === "volume" && verdict === "removed" && state.tables.volume.get(name)?.filled,
  );
  const outcomes = await Promise.all(
    removed.map(({ name }) => loop.submit({ type: "forgetVolumeData", name, nodeId }, origin)),
  );
  return outcomes.find((outcome) => !outcome.ok) ?? ok(cleanup);
}

function registrationHandlers(context: HandlerContext): Pick<HandlersOf<typeof nodeOperations>, "registerNode"> {
  const { state, loop, nodeHealth, view } = context;
  return {
    registerNode: async (call) => {
      const { address, ...fields } = call.body;
      const instance = instanceFrom(call.headers);
      const registration = {
        ...fields,
        address: address ?? call.peer().address ?? fields.hostname,
        ...(isFirstRelease(fields.version, call.headers) ? { firstRelease: true } : {}),
        ...(instance === null ? {} : { instance }),
      };
      const claimed = claimedNode(state, registration) ?? null;
      const holder = claimed && nodeHealth.holder(claimed, registration);
      const origin = fromNode(call.origin, fields.nodeId ?? fields.hostname);
      const outcome = await loop.submit({ type: "registerNode", registration, ...(holder && { holder }) }, origin);
      if (!outcome.ok) return outcome;
      const registered = findNode(state, outcome.value.nodeId!);
      if (!registered.ok) return registered; // deregistered by another request in the same tick
      nodeHealth.registered(registered.value, claimed);
      return ok(view(registered.value));
    },
  };
}

function assignmentHandlers(
  { watchers }: HandlerContext,
  reads: DurableReads,
): Pick<HandlersOf<typeof nodeOperations>, "nodeAssignments"> {
  return {
    nodeAssignments: async (call) => {
      const found = await reads.node(call.parameters.id);
      if (!found.ok) return found;
      const { nodeId } = found.value;
      const isHolder = found.value.instance === instanceFrom(call.headers);
      // A client that gives the name only looks. A worker gives the id, and would run what it reads.
      const isReader = call.parameters.id !== nodeId && call.headers.get(instanceHeader) === null;
      if (!isHolder && !isReader) return belongsToAnother(found.value);
      call.mayTakeLong();
      // A node without an instance has a worker of 0.1.0, which knows no contents, or none: any client may be meant.
      const getsContents = isHolder && found.value.instance !== null;
      return watchers.watchAssignments(nodeId, isHolder, getsContents);
    },
  };
}

function heartbeatHandlers(
  { nodeHealth, heartbeatStreams, state, view }: HandlerContext,
  reads: DurableReads,
): Pick<HandlersOf<typeof nodeOperations>, "heartbeat" | "heartbeatStream"> {
  return {
    heartbeat: async (call) => {
      const found = await reads.node(call.parameters.id);
      if (!found.ok) return found;
      if (found.value.unconfirmed) return notRegistered(found.value);
      const { nodeId, instance } = found.value;
      if (instance !== instanceFrom(call.headers)) return belongsToAnother(found.value);
      const due = await nodeHealth.heartbeat(found.value, call.body, fromNode(call.origin, nodeId));
      const node = state.nodes.get(nodeId);
      return due.ok && node && !wantsShortAnswer(call.headers) ? ok({ ...view(node), ...due.value }) : due;
    },
    heartbeatStream: async (call) => {
      const found = await reads.node(call.parameters.id);
      if (!found.ok) return found;
      if (found.value.unconfirmed) return notRegistered(found.value);
      if (found.value.instance !== instanceFrom(call.headers)) return belongsToAnother(found.value);
      const { address } = call.peer();
      return call.upgrade((stream) => heartbeatStreams.serve(found.value, stream, address));
    },
  };
}

/** A worker that gets this registers, and so tells the master its state. */
function notRegistered({ hostname, nodeId }: NodeRecord): Outcome<never> {
  return refuse("node-not-found", `${hostname} (${nodeId}) is known from a backup, and has not registered since`, {
    hint: "Register it again, with the same nodeId.",
    details: { nodeId },
  });
}

/** The refusal makes a worker register: then it gets its node back, or another. Workers of 0.1.0 know this code. */
function belongsToAnother({ hostname, nodeId, address, port }: NodeRecord): Outcome<never> {
  return refuse("node-not-found", `${hostname} (${nodeId}) belongs to the worker at ${address}:${port}`, {
    hint: `A worker must register again. To look at its assignments, use its name: /api/v1/nodes/${hostname}/assignments`,
    details: { nodeId },
  });
}

/** Later workers say that they know the newer form of node ids. */
function isFirstRelease(version: string, headers: Pick<Headers, "get">): boolean {
  return version === "0.1.0" && headers.get(nodeIdsHeader) === null;
}

function byHostname(left: NodeRecord, right: NodeRecord): number {
  return compareTexts(left.hostname, right.hostname) || compareTexts(left.nodeId, right.nodeId);
}
