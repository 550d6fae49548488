// A named volume: files on one node that outlive the tasks that mount them. A task with a named volume runs on the node that
// has its data. The record says which node that is; the engine of the node has the files.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId, TaskId } from "../ids.ts";
import type { NodeRecord } from "../node/node.ts";
import type * as schema from "./schema.ts";

export interface Volume extends DeepReadonly<z.output<typeof schema.volume>> {
  readonly nodeId: NodeId | null;
  readonly lastUsedBy: { readonly taskId: TaskId; readonly name: string } | null;
  readonly work: VolumeWork | null;
  readonly copies: readonly VolumeCopy[];
}

export interface VolumeWork extends DeepReadonly<z.output<typeof schema.volumeWork>> {
  readonly to: NodeId | null;
}
export type VolumeJob = VolumeWork["job"];

export interface VolumeCopy extends DeepReadonly<z.output<typeof schema.volumeCopy>> {
  readonly nodeId: NodeId;
}

/** The words for each kind of work: "is being moved". */
export const doing: Readonly<Record<VolumeJob, { done: string }>> = {
  backup: { done: "backed up" },
  restore: { done: "restored" },
  move: { done: "moved" },
};

/** Why tasks wait for the work on a volume, as a sentence. */
export function workSentence({ job, toHostname, failed }: VolumeWork): string {
  if (failed !== null) return `its ${job} failed (${failed}): repeat it`;
  return `it is being ${doing[job].done}${job === "move" ? ` to ${toHostname}` : ""}`;
}

export interface VolumeView extends Volume, VolumeUsage {}

/** What the master adds to the record. */
export type VolumeUsage = DeepReadonly<z.output<typeof schema.volumeUse>>;

/** What became of the data of a volume whose record is removed. */
export interface VolumeRemoval {
  /** True when its data was removed from its node. */
  removed: boolean;
  /** What was done with the data, as a sentence. */
  message: string;
}

/** As engines take names of volumes. */
export const volumeNamePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

/** Whose data is where: `node` is the record of its node, undefined if the node is no longer in the cluster. */
export function placeOfData({ nodeId, hostname, state }: Volume, node: NodeRecord | undefined): string {
  if (nodeId === null) return state === "released" ? "its data was given up" : "it has no data yet";
  if (node === undefined) return `its data is on ${hostname ?? nodeId}, which was removed from the cluster`;
  if (node.status === "online") return `its data is on ${node.hostname}`;
  return `its data is on ${node.hostname}, offline${sinceText(node)}`;
}

function sinceText({ offlineSince }: NodeRecord): string {
  return offlineSince ? ` since ${offlineSince.slice(11, 16)} UTC on ${offlineSince.slice(0, 10)}` : "";
}
