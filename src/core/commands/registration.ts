// A registration: which node it is of, and whether the worker that sends it may have that node. A node belongs to one
// process of a worker, its holder. While the holder may be alive, no other process gets the node: the claimant waits, until
// the holder has ended, or is proved to be alive. In the latter case the claimant becomes a node of its own.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import { firstReleaseNodeId, firstReleaseNodeIdPattern, type NodeId, newNodeId } from "../../model/ids.ts";
import { inOnePlace, inTwoPlaces } from "../../model/node/instance.ts";
import { hasWorker, type NodeRecord, nodeDefaults, packNode } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { placedReason } from "../../model/task/reason.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Command, Decision, DecisionContext, HolderEvidence, NodeRegistrationFields } from "./command.ts";
import { labelsOf } from "./node-labels.ts";
import { differences, failTasks, online } from "./nodes.ts";

export function decideRegistration(
  state: ClusterState,
  { registration, holder }: Extract<Command, { type: "registerNode" }>,
  context: DecisionContext,
): Outcome<Decision> {
  const known = claimedNode(state, registration);
  if (known === undefined) return create(state, registration, context, registration.nodeId as NodeId | undefined);
  const evidence = holder?.nodeId === known.nodeId && holder.instance === known.instance ? holder.is : "unknown";
  switch (mayHave(known, registration, evidence)) {
    case "as-before":
      return update(state, known, registration, context, []);
    case "from-elsewhere": {
      const message = `${known.hostname} (${known.nodeId}) sent no heartbeats, and its worker now runs at ${registration.address}`;
      const lost = failTasks(state, known.nodeId, { code: "node-lost", message }, context);
      return update(state, known, registration, context, lost);
    }
    case "another-node":
      return create(state, registration, context, undefined);
    default:
      return refuse(
        "node-alive",
        `${known.hostname} (${known.nodeId}) belongs to another worker, at ${known.address}:${known.port}, which may still run`,
        {
          hint: "Try again: when that worker has ended, this one gets the node; while it runs, this one becomes a node of its own.",
          details: { nodeId: known.nodeId },
        },
      );
  }
}

type Claim = "as-before" | "from-elsewhere" | "another-node" | "must-wait";

function mayHave(known: NodeRecord, claimant: NodeRegistrationFields, evidence: HolderEvidence["is"]): Claim {
  const { instance = null, address, port } = claimant;
  // Two processes cannot listen at one address. Behind a gateway two machines have one, so a known place counts more.
  const isSameAddress = known.address === address && known.port === port;
  const isSameProcess = instance !== null && instance === known.instance;
  if (isSameProcess || inOnePlace(instance, known.instance)) return "as-before";
  if (isSameAddress && !inTwoPlaces(instance, known.instance)) return "as-before";
  if (isSameAddress && evidence === "disconnected") return "as-before";
  if (evidence === "gone") return isSameAddress || !hasWorker(known) ? "as-before" : "from-elsewhere";
  return evidence === "alive" ? "another-node" : "must-wait";
}

/** The node that a registration claims: by its id; without one by host name and port. Undefined if there is none. */
export function claimedNode(
  state: ClusterState,
  registration: Pick<NodeRegistrationFields, "nodeId" | "hostname" | "port" | "address" | "firstRelease">,
): NodeRecord | undefined {
  const { nodeId, hostname, port, address, firstRelease } = registration;
  if (nodeId !== undefined) return state.nodes.get(nodeId as NodeId);
  let first: NodeRecord | undefined;
  for (const id of state.nodesNamed(hostname)) {
    const node = state.node(id);
    if (node.port !== port || (node.askedHostname ?? node.hostname) !== hostname) continue;
    if (firstRelease && !firstReleaseNodeIdPattern.test(node.nodeId)) continue;
    if (!first || comesBefore(node, first, address)) first = node;
  }
  return first;
}

/** Of several nodes, the one at the same address is claimed; else the one that was registered first. */
function comesBefore(left: NodeRecord, right: NodeRecord, address: string): boolean {
  const here = (node: NodeRecord) => (node.address === address ? 0 : 1);
  if (here(left) !== here(right)) return here(left) < here(right);
  if (left.registeredAt !== right.registeredAt) return left.registeredAt < right.registeredAt;
  return left.nodeId < right.nodeId;
}

function create(
  state: ClusterState,
  registration: NodeRegistrationFields,
  { now, random }: DecisionContext,
  claimedId: NodeId | undefined,
): Outcome<Decision> {
  const { nodeId: _, firstRelease = false, instance = null, ...said } = registration;
  const newId = () => (firstRelease ? firstReleaseNodeId(random) : newNodeId(now, random));
  let nodeId = claimedId ?? newId();
  while (state.nodes.has(nodeId)) nodeId = newId();
  const record: NodeRecord = {
    ...nodeDefaults,
    ...said,
    nodeId,
    status: "online",
    schedulable: true,
    ...nameOf(state, registration, null),
    instance,
    registeredAt: toTimestamp(now),
  };
  return ok({ changes: [{ type: "node.created", record: packNode(record) }], granted: { nodeId } });
}

function update(
  state: ClusterState,
  known: NodeRecord,
  registration: NodeRegistrationFields,
  { now }: DecisionContext,
  before: Change[],
): Outcome<Decision> {
  const { nodeId: _, firstRelease: __, instance = null, features = null, policy = null, ...said } = registration;
  const { nodeId } = known;
  const set = differences(known, {
    ...said,
    ...labelsOf(said.labels, known.userLabels),
    ...nameOf(state, registration, known),
    ...{ instance, features, policy },
    ...online(known, now),
    ...(known.unconfirmed ? { unconfirmed: false } : {}),
  });
  if (set === null) return ok({ changes: before, granted: { nodeId } });
  const started =
    !hasWorker(known) && hasWorker(registration) ? workerStarted(state, nodeId, set.hostname ?? known.hostname) : [];
  return ok({ changes: [...before, { type: "node.updated", id: nodeId, set }, ...started], granted: { nodeId } });
}

/** Takes back what tasks say of a node that had no worker: from now on its worker reports. */
function workerStarted(state: ClusterState, nodeId: NodeId, hostname: string): Change[] {
  const waiting = [...state.placedOn(nodeId)].filter((id) => state.task(id).observed.reason.code === "never-started");
  const reason = placedReason(hostname);
  return waiting.sort().map((id) => ({ type: "task.updated", id, set: { observed: { reason } } }));
}

/**
 * The name of the node: the one asked for, or with the first free number behind it if another node has that. A node that is
 * registered by hand gets the name it asks for, as in 0.1.0; and no node loses a name that it has already.
 */
function nameOf(
  state: ClusterState,
  registration: NodeRegistrationFields,
  known: NodeRecord | null,
): Pick<NodeRecord, "hostname" | "askedHostname"> {
  const { hostname } = registration;
  if (!hasWorker(registration) || known?.hostname === hostname) return { hostname, askedHostname: null };
  const isFree = (name: string) =>
    ![...state.nodesNamed(name)].some((id) => id !== known?.nodeId && state.node(id).hostname === name);
  if (isFree(hostname)) return { hostname, askedHostname: null };
  if (known?.askedHostname === hostname) return { hostname: known.hostname, askedHostname: hostname };
  for (let number = 2; ; number++) {
    const numbered = `${hostname}-${number}`;
    if (isFree(numbered)) return { hostname: numbered, askedHostname: hostname };
  }
}
