// The handlers of named volumes.

import type { volumeOperations } from "../../../api/operations/volumes.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import type { Command } from "../../../core/commands/command.ts";
import { findVolume } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { requirementsOf } from "../../../model/task/requirements.ts";
import { unpackSpec } from "../../../model/task/spec.ts";
import type { VolumeView } from "../../../model/volume/volume.ts";
import { volumeName } from "../../../model/volume/volume-input.ts";
import { viewVolume } from "../volume-view.ts";
import type { DurableReads, HandlerContext } from "./context.ts";
import { removeVolume } from "./remove-volume.ts";

export function volumeHandlers(
  { loop, logs, volumeJobs, state: current }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof volumeOperations> {
  const shown = async (name: string): Promise<Outcome<VolumeView>> => {
    const state = await reads.durable();
    const volume = findVolume(state, name);
    return volume.ok ? ok(viewVolume(state, volume.value)) : volume;
  };
  const change = async (command: Command & { name: string }, origin: Origin): Promise<Outcome<VolumeView>> => {
    const outcome = await loop.submit(command, origin);
    return outcome.ok ? shown(command.name) : outcome;
  };
  const createIfMissing = async (name: string, origin: Origin): Promise<Outcome<unknown>> => {
    if (current.tables.volume.has(name)) return ok(null);
    const valid = volumeName.safeParse(name);
    if (!valid.success) {
      const message = `${JSON.stringify(name.slice(0, 80))} is no name of a volume`;
      return refuse("unprocessable", message, { hint: "Use letters, digits, '_', '.' and '-'." });
    }
    return loop.submit({ type: "createVolume", name, writers: 1, labels: {}, nodeId: null }, origin);
  };
  return {
    createVolume: async ({ body: { name, writers = 1, labels = {}, node }, origin }) => {
      const found = node === undefined ? ok(null) : await reads.node(node);
      if (!found.ok) return found;
      const nodeId = found.value?.nodeId ?? null;
      return change({ type: "createVolume", name, writers, labels, nodeId }, origin);
    },
    listVolumes: async () => {
      const state = await reads.durable();
      const volumes = [...state.tables.volume.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
      return ok(volumes.map((volume) => viewVolume(state, volume)));
    },
    getVolume: ({ parameters }) => shown(parameters.id),
    updateVolume: ({ parameters, body, origin }) =>
      change({ type: "updateVolume", name: parameters.id, ...body }, origin),
    deleteVolume: ({ parameters: { id: name }, query, origin, signal }) =>
      removeVolume({ loop, logs }, reads, name, { force: query.force ?? false, origin, signal }),
    backupVolume: (call) => {
      call.mayTakeLong();
      return volumeJobs.backup(call.parameters.id, call.query.live ?? false, call.origin, call.signal);
    },
    restoreVolume: async (call) => {
      const { parameters, query, origin, signal } = call;
      const node = await nodeForRestore(reads, parameters.id, query.node);
      if (!node.ok) return node;
      call.mayTakeLong();
      const made = await createIfMissing(parameters.id, origin);
      if (!made.ok) return made;
      const { id: name } = parameters;
      const done = await volumeJobs.restore(name, node.value, call.upload(), query.replace ?? false, origin, signal);
      return done.ok ? shown(name) : done;
    },
    moveVolume: async (call) => {
      const { parameters, query, origin } = call;
      const node = await reads.node(query.to);
      if (!node.ok) return node;
      call.mayTakeLong();
      const done = await volumeJobs.move(parameters.id, node.value, query.replace ?? false, origin);
      return done.ok ? shown(parameters.id) : done;
    },
    releaseVolume: ({ parameters, query, origin }) =>
      change({ type: "releaseVolume", name: parameters.id, force: query.force ?? false }, origin),
  };
}

/** The node that has the data of the volume, or else the one that was asked for, or any that takes tasks. */
async function nodeForRestore(
  reads: DurableReads,
  name: string,
  asked: string | undefined,
): Promise<Outcome<NodeRecord>> {
  if (asked !== undefined) return reads.node(asked);
  const state = await reads.durable();
  const home = state.tables.volume.get(name)?.nodeId;
  const chosen =
    home ?? state.schedule.choose(requirementsOf(nothing), state.cluster.strategy, state.cursors.lastNodeId);
  const node = chosen === null ? undefined : state.nodes.get(chosen);
  if (node) return ok(node);
  return refuse("unprocessable", "no node can take the volume", { hint: "podling nodes shows why." });
}

const nothing = unpackSpec({ containers: [] });
