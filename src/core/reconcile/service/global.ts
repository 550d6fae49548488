// On which nodes a global service has a replica. The node is the slot: its replica runs there or nowhere.

import type { NodeId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import type { ServiceUpdate } from "../../../model/service/kind.ts";
import { revisionId, type Service, serviceReason } from "../../../model/service/service.ts";
import { requirementsOf } from "../../../model/task/requirements.ts";
import { eligible, type NodeInfo } from "../../schedule/index/node-info.ts";
import { classOf } from "../../schedule/scheduling-class.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { GlobalNodes, Slot, SlotNode } from "./replica.ts";
import { newRollout } from "./rollout.ts";
import type { ServiceView } from "./service-view.ts";

/** Null for a service that is not global. */
export function globalNodes(state: ClusterState, service: Service): GlobalNodes | null {
  if (service.mode.type !== "global") return null;
  const takes = takerOf(state, service, service.target);
  const wanted: SlotNode[] = [];
  const kept = new Set<NodeId>();
  const names = new Set<string>();
  for (const node of state.schedule.nodes) {
    const { record } = node;
    if (!isThere(record) || !takes(node)) continue;
    if (!isOpen(record)) {
      kept.add(record.nodeId);
      continue;
    }
    const short = slotName(service.name, record.hostname);
    const name = short === "" || names.has(short) ? record.nodeId : short;
    names.add(name);
    wanted.push({ nodeId: record.nodeId, name });
  }
  return { wanted, kept };
}

/** Whether a revision of the service may run on a node, whatever its free capacity. */
export function takerOf(state: ClusterState, { serviceId }: Service, revision: number): (node: NodeInfo) => boolean {
  const record = state.tables.revision.get(revisionId(serviceId, revision));
  if (!record) return () => false;
  const wanted = classOf(requirementsOf(record.spec));
  return (node) => eligible(wanted, node);
}

/**
 * A node that is offline is no slot: its replica was lost with it, and the next one starts when the node is back. One that is being
 * drained is none either: its replica goes, and none is started elsewhere.
 */
function isThere(record: NodeRecord): boolean {
  return record.status === "online" && record.draining === null && hasWorker(record);
}

function isOpen({ schedulable, engineError }: NodeRecord): boolean {
  return schedulable && engineError === null;
}

/** The name of the node, as far as it may be part of a task's name. */
function slotName(service: string, hostname: string): string {
  return hostname
    .replace(/[^a-zA-Z0-9._-]/g, "-")
    .slice(0, limits.nameLength - service.length - 1)
    .replace(/[._-]+$/, "");
}

/** A node that kept the replica of an earlier revision takes part again: what it missed is rolled out. Null if none did. */
export function catchUp({ service, order }: ServiceView, slots: readonly Slot[], now: number): ServiceUpdate | null {
  const { rollout, paused, target, mode } = service;
  if (rollout !== null || paused || mode.type !== "global") return null;
  const behind = slots.find((slot) => slot.live(target).length === 0 && slot.others(target).length > 0);
  if (!behind) return null;
  const from = behind.others(target)[0]!.revision;
  const next = newRollout(service, { from, to: target, ...order(target), isRollback: false }, now);
  const reason = serviceReason("deploying", `revision ${target} on ${behind.name}, which was cordoned until now`);
  return { rollout: { ...next, promoted: true }, reason };
}
