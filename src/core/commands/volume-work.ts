// Work on the files of a volume that takes a while: backup, restore, move. The record says what is under way, so that no task
// starts on files that are incomplete, also after a crash in the middle.

import { toTimestamp } from "../../lib/clock.ts";
import { randomText } from "../../lib/random.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { VolumeUpdate } from "../../model/volume/kind.ts";
import { doing, type Volume, type VolumeCopy, type VolumeJob } from "../../model/volume/volume.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode, findVolume } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { refuseWhileUsed } from "./volume-use.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export function decideBeginVolumeWork(
  state: ClusterState,
  { name, job, to, by }: CommandOf<"beginVolumeWork">,
  { now, revision, random }: DecisionContext,
): Outcome<Decision> {
  const found = findVolume(state, name);
  if (!found.ok) return found;
  const volume = found.value;
  const target = to === null ? ok(null) : findNode(state, to);
  if (!target.ok) return target;
  const refusal = refuseWork(state, volume, job, to);
  if (refusal) return refusal;
  const work = {
    ...{ id: randomText(random, 8), job, to: target.value?.nodeId ?? null, toHostname: target.value?.hostname ?? null },
    ...{ startedAt: toTimestamp(now), by, failed: null },
  };
  return ok({ changes: [updated(name, { work })], granted: { volume: name, workId: work.id, revision } });
}

function refuseWork(state: ClusterState, volume: Volume, job: VolumeJob, to: NodeId | null): Outcome<never> | null {
  const { name, nodeId, work, hostname } = volume;
  if (work && !(job === "restore" && work.failed !== null)) return refuseAtWork(volume);
  if (nodeId === null && job !== "restore") {
    return refuse("unprocessable", `the volume ${name} has no data yet`, {
      hint: `To bring data into it: podling volume restore ${name} FILE`,
      details: { name },
    });
  }
  if (job === "backup") {
    const writer = state.schedule.volumes.firstWriter(name);
    if (writer === null) return null;
    return refuse("volume-in-use", `${writer} writes to the volume ${name}`, {
      hint: `Stop it first: podling stop ${writer}. Or take the backup all the same with --live: files that change meanwhile may be torn.`,
      details: { name },
    });
  }
  const used = refuseWhileUsed(state, name, `${doing[job].done}`);
  if (used) return used;
  if (job === "move" && to === nodeId)
    return refuse("unprocessable", `the volume ${name} is on ${hostname} already`, { details: { name } });
  if (job === "restore" && nodeId !== null && to !== nodeId) {
    return refuse("unprocessable", `the volume ${name} is on ${hostname}, so it is restored there`, {
      hint: `Leave the node out. Or move it later: podling volume move ${name} --to NODE`,
      details: { name, nodeId },
    });
  }
  return null;
}

/** The refusal while there is work on the volume. */
export function refuseAtWork({ name, work }: Volume): Outcome<never> | null {
  if (!work) return null;
  const sentence =
    work.failed === null
      ? `the volume ${name} is being ${doing[work.job].done}`
      : `the ${work.job} of the volume ${name} failed: ${work.failed}`;
  return refuse("volume-in-use", sentence, {
    hint:
      work.failed === null
        ? `See it with: podling volume inspect ${name}`
        : `Repeat it: podling volume restore ${name} FILE. Or give its data up: podling volume release -f ${name}`,
    details: { name },
  });
}

export function decideEndVolumeWork(
  state: ClusterState,
  { name, workId, failed, untouched }: CommandOf<"endVolumeWork">,
): Outcome<Decision> {
  const volume = state.tables.volume.get(name);
  // Another work, or none: it has ended already.
  if (volume?.work?.id !== workId) return ok({ changes: [], granted: { volume: name } });
  return ok({ changes: [updated(name, ended(volume, failed, untouched))], granted: { volume: name } });
}

/** What the record says after its work. `untouched`: it failed before anything was done on the target. */
function ended(volume: Volume, failed: string | null, untouched: boolean): VolumeUpdate {
  const work = volume.work!;
  const { job, to, toHostname: hostname } = work;
  if (job === "backup" || untouched) return { work: null };
  if (job === "restore") {
    if (failed !== null) return { work: { ...work, failed } };
    return { work: null, nodeId: to, hostname, state: "bound", filled: true, copies: withoutCopy(volume, to) };
  }
  if (failed !== null)
    return { work: null, copies: withCopy(volume, { nodeId: to!, hostname: hostname!, why: "copied" }) };
  // The target has the files: the record names it now, and the source's are a copy.
  const moved: Volume = { ...volume, copies: withoutCopy(volume, to) };
  const copy: VolumeCopy = { nodeId: volume.nodeId!, hostname: volume.hostname!, why: "moved" };
  return { work: null, nodeId: to, hostname, state: "bound", filled: true, copies: withCopy(moved, copy) };
}

/** With a copy that the node has now, the oldest ones beyond the limit left out. */
export function withCopy(volume: Volume, copy: VolumeCopy): VolumeCopy[] {
  return [...withoutCopy(volume, copy.nodeId), copy].slice(-limits.volumeCopies);
}

function withoutCopy({ copies }: Volume, nodeId: NodeId | null): VolumeCopy[] {
  return copies.filter((copy) => copy.nodeId !== nodeId);
}

export function decideForgetCopy(
  state: ClusterState,
  { name, nodeId }: CommandOf<"forgetVolumeCopy">,
): Outcome<Decision> {
  const volume = state.tables.volume.get(name);
  if (!volume?.copies.some((copy) => copy.nodeId === nodeId)) return ok({ changes: [], granted: { volume: name } });
  return ok({ changes: [updated(name, { copies: withoutCopy(volume, nodeId) })], granted: { volume: name } });
}

/** Work of a master that is gone has failed: its files are where the record says, and what it copied is incomplete. */
export function interruptedWork(state: ClusterState): Change[] {
  return [...state.tables.volume.values()]
    .filter(({ work }) => work !== null && work.failed === null)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((volume) => updated(volume.name, ended(volume, "the master was restarted", false)));
}

function updated(name: string, set: VolumeUpdate): Change {
  return { type: "volume.updated", id: name, set };
}
