// Removes a volume: its data on the node that has it, and its record.

import { refuseRemoval } from "../../../core/commands/volumes.ts";
import { findVolume } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, type Refusal, refuse } from "../../../model/refusal.ts";
import { placeOfData, type Volume, type VolumeRemoval } from "../../../model/volume/volume.ts";
import type { AskContext } from "../../node-client/ask-node.ts";
import { removeVolumeOn } from "../../node-client/volumes.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

/** Refused while something mounts it. `force`: also if the node with the data cannot be reached; then the data stays there. */
export async function removeVolume(
  { loop, logs }: Pick<HandlerContext, "loop" | "logs">,
  reads: DurableReads,
  name: string,
  { force, origin, signal }: { force: boolean; origin: Origin; signal: AbortSignal },
): Promise<Outcome<VolumeRemoval>> {
  const state = await reads.durable();
  const volume = findVolume(state, name);
  if (!volume.ok) return volume;
  const used = refuseRemoval(state, name);
  if (used) return used;
  const { nodeId } = volume.value;
  const node = nodeId === null ? null : state.nodes.get(nodeId);
  // The data first: a record without data is harmless, and data without a record is forgotten.
  const data = await removeData(volume.value, node, state.revision, signal, logs);
  if (!data.ok && !(force && isAway(data))) return data;
  const removed = await loop.submit({ type: "removeVolume", name }, origin);
  if (!removed.ok) return removed;
  return data.ok ? data : ok({ removed: false, message: `its data stays where it is: ${data.refusal.message}` });
}

/** `node`: that which has the data; null if none has, undefined if it is no longer in the cluster. */
async function removeData(
  volume: Volume,
  node: NodeRecord | null | undefined,
  revision: number,
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<VolumeRemoval>> {
  const { name } = volume;
  if (node === null) return ok({ removed: false, message: "it had no data" });
  if (node?.status === "online") return removeVolumeOn(node, name, revision, signal, context);
  return refuse("node-unreachable", `the data of ${name} cannot be removed: ${placeOfData(volume, node)}`, {
    hint: `To remove the record only: podling volume rm --force ${name}`,
    details: { name, nodeId: volume.nodeId },
  });
}

function isAway({ refusal }: { refusal: Refusal }): boolean {
  return refusal.code === "node-unreachable";
}
