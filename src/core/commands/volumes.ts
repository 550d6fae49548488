// The commands on named volumes, and what other commands may ask of them. The data itself is on the nodes: a command changes
// only where Podling looks for it.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import { hasEnded } from "../../model/job/job.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { hasSelector } from "../../model/service/selector.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import type { TaskSpec } from "../../model/task/spec.ts";
import type { Volume } from "../../model/volume/volume.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode, findVolume } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { isOpened, refuseWhileUsed } from "./volume-use.ts";
import { refuseAtWork, withCopy } from "./volume-work.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export function decideCreateVolume(
  state: ClusterState,
  { name, writers, labels, nodeId }: CommandOf<"createVolume">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const existing = state.tables.volume.get(name);
  if (existing) {
    return refuse("name-taken", `there is a volume ${name} already`, {
      hint: `See it with: podling volume inspect ${name}. Or choose another name.`,
      details: { name },
    });
  }
  const place = placeOn(state, nodeId);
  if (!place.ok) return place;
  const record: Volume = {
    ...{ name, nodeId: null, hostname: null, state: "unbound", ...place.value },
    ...{ writers, lastUsedBy: null, work: null, copies: [], labels, createdAt: toTimestamp(now) },
  };
  return ok({ changes: [{ type: "volume.created", record }], granted: { volume: name } });
}

/** The fields of a volume whose data is on that node; none without a node. */
function placeOn(state: ClusterState, nodeId: string | null): Outcome<Partial<Volume>> {
  if (nodeId === null) return ok({});
  const found = findNode(state, nodeId);
  return found.ok ? ok({ nodeId: found.value.nodeId, hostname: found.value.hostname, state: "bound" as const }) : found;
}

/** Gives the data of a volume up where it is: tasks with it no longer wait for that node. */
export function decideReleaseVolume(
  state: ClusterState,
  { name, force }: CommandOf<"releaseVolume">,
): Outcome<Decision> {
  const found = findVolume(state, name);
  if (!found.ok) return found;
  const { nodeId, hostname, work } = found.value;
  const used = refuseWhileUsed(state, name, "released") ?? (work?.failed ? null : refuseAtWork(found.value));
  if (used) return used;
  if (nodeId === null && work === null) return ok({ changes: [], granted: { volume: name } });
  const { filled } = found.value;
  const emptied = filled ? { filled: false } : {};
  const released = { nodeId: null, hostname: null, state: "released" as const, work: null, ...emptied };
  if (nodeId === null)
    return ok({ changes: [{ type: "volume.updated", id: name, set: released }], granted: { volume: name } });
  const node = state.nodes.get(nodeId);
  if (node?.status === "online" && !force) {
    return refuse("volume-in-use", `${node.hostname} is online and has the data of the volume ${name}`, {
      hint: `Start the tasks again: they run there. To give the data up all the same: podling volume release --force ${name}`,
      details: { name, nodeId },
    });
  }
  const copies = withCopy(found.value, { nodeId, hostname: hostname ?? nodeId, why: "released" });
  const set = { ...released, copies };
  return ok({ changes: [{ type: "volume.updated", id: name, set }], granted: { volume: name } });
}

/** Removes the record. The data is the caller's to remove, on the node that has it. */
export function decideRemoveVolume(state: ClusterState, { name }: CommandOf<"removeVolume">): Outcome<Decision> {
  const found = findVolume(state, name);
  if (!found.ok) return found;
  const used = refuseRemoval(state, name);
  if (used) return used;
  return ok({ changes: [{ type: "volume.removed", id: name }], granted: { volume: name } });
}

/**
 * The node need not have the data any more: it was removed there, as a user asked. A task that has started with the volume since
 * then has made another one, which must be there from now on.
 */
export function decideForgetData(
  state: ClusterState,
  { name, nodeId }: CommandOf<"forgetVolumeData">,
): Outcome<Decision> {
  const volume = state.tables.volume.get(name);
  const isGone = volume?.filled && volume.nodeId === nodeId && !isOpened(state, name);
  const changes: Change[] = isGone ? [{ type: "volume.updated", id: name, set: { filled: false } }] : [];
  return ok({ changes, granted: { volume: name } });
}

/** Null if nothing mounts the volume, and nothing will. */
export function refuseRemoval(state: ClusterState, name: string): Outcome<never> | null {
  const volume = state.tables.volume.get(name);
  const atWork = volume && !volume.work?.failed ? refuseAtWork(volume) : null;
  const used = atWork ?? refuseWhileUsed(state, name, "removed");
  if (used) return used;
  const owner = ownerWith(state, name);
  const [first] = [...state.schedule.volumes.users(name)].sort();
  if (first !== undefined) {
    const { name: task, observed, owner: itsOwner } = state.task(first);
    const isOwned = owner !== null && itsOwner?.id === owner.id;
    return refuse("volume-in-use", `the task ${task} (${first}, ${observed.status}) mounts the volume ${name}`, {
      hint: isOwned ? `Remove the ${owner.kind} first: ${owner.removal}` : `Remove the task first: podling rm ${task}`,
      details: { name, taskId: first },
    });
  }
  if (owner === null) return null;
  return refuse("volume-in-use", `the ${owner.kind} ${owner.name} mounts the volume ${name}`, {
    hint: `Remove the ${owner.kind} first: ${owner.removal}`,
    details: { name, [`${owner.kind}Id`]: owner.id },
  });
}

interface VolumeOwner {
  readonly kind: "service" | "job" | "schedule";
  readonly id: string;
  readonly name: string;
  /** The command that removes it. */
  readonly removal: string;
}

/** What starts tasks with the volume, also if none of them is there now: between two attempts of a job, for example. */
function ownerWith(state: ClusterState, name: string): VolumeOwner | null {
  const mounts = (spec: TaskSpec) => requirementsOf(spec).volumes.some((use) => use.name === name);
  const { tables } = state;
  for (const each of tables.service.values()) {
    const { serviceId: id, name: service, target } = each;
    if (!hasSelector(each) && mounts(state.record("revision", `${id}.${target}`).spec))
      return { kind: "service", id, name: service, removal: `podling service rm ${service}` };
  }
  for (const job of tables.job.values()) {
    if (!hasEnded(job) && mounts(job.spec))
      return { kind: "job", id: job.jobId, name: job.name, removal: `podling job rm ${job.name}` };
  }
  for (const { scheduleId: id, name: schedule, spec } of tables.schedule.values()) {
    if (mounts(spec)) return { kind: "schedule", id, name: schedule, removal: `podling job rm ${schedule}` };
  }
  return null;
}

/** The refusal of a template that would need more volumes than a cluster may have; null if it does not. */
export function refuseVolumes(state: ClusterState, spec: TaskSpec): Outcome<never> | null {
  const { volumes } = requirementsOf(spec);
  if (volumes.length === 0) return null;
  const { size } = state.tables.volume;
  const more = volumes.filter(({ name }) => !state.tables.volume.has(name)).length;
  if (size + more <= limits.volumes) return null;
  return refuse("too-many", `the cluster holds ${size} volumes, and its limit is ${limits.volumes}`, {
    hint: "Remove volumes that are no longer needed: podling volume rm.",
    details: { what: "volumes", count: size },
  });
}

/** The first of its volumes that only one of its tasks at a time may write to; undefined if there is none. */
export function singleWriterVolume({ tables }: Pick<ClusterState, "tables">, spec: TaskSpec): string | undefined {
  const found = requirementsOf(spec).volumes.find(
    ({ name, writes }) => writes && (tables.volume.get(name)?.writers ?? 1) === 1,
  );
  return found?.name;
}

/** The refusal of a named volume that a replica on each node would mount; null if there is none. */
export function refuseOnEachNode(spec: TaskSpec): Outcome<never> | null {
  const [volume] = requirementsOf(spec).volumes;
  if (volume === undefined) return null;
  const { name } = volume;
  const all = [...spec.init, ...spec.containers].flatMap(({ mounts }) => mounts);
  const target = all.find(({ type, source }) => type === "volume" && source === name)!.target;
  return refuse("unprocessable", `a global service cannot mount the volume ${name}: its data is on one node`, {
    hint: `For data of its own on each node: --mount type=volume,source=${name},target=${target},volume-driver=local. Or mount a folder of the nodes.`,
    details: { field: "mode", volume: name },
  });
}

/** The refusal of more replicas than can write to one volume; null if they can. */
export function refuseSharedWriter(state: ClusterState, replicas: number, spec: TaskSpec): Outcome<never> | null {
  const name = replicas > 1 ? singleWriterVolume(state, spec) : undefined;
  if (name === undefined) return null;
  const message = `${replicas} replicas cannot write to the volume ${name}: it has one writer at a time`;
  const isKnown = state.tables.volume.has(name);
  const more = isKnown
    ? `podling volume update ${name} --writers many`
    : `podling volume create ${name} --writers many`;
  return refuse("unprocessable", message, {
    hint: `Use one replica, mount it read-only (:ro), or allow it, with all replicas on one node: ${more}`,
    details: { field: "replicas", volume: name },
  });
}

export function decideUpdateVolume(
  state: ClusterState,
  { name, writers, labels }: CommandOf<"updateVolume">,
): Outcome<Decision> {
  const found = findVolume(state, name);
  if (!found.ok) return found;
  const volume = found.value;
  const changes: Change[] = [];
  const set = {
    ...(writers === undefined || writers === volume.writers ? {} : { writers }),
    ...(labels === undefined || sameLabels(labels, volume.labels) ? {} : { labels }),
  };
  const count = state.schedule.volumes.writers(name);
  if (set.writers === 1 && count > 1) {
    return refuse("volume-in-use", `${count} tasks write to the volume ${name}`, {
      hint: "Stop all but one of them first.",
      details: { name, count },
    });
  }
  if (Object.keys(set).length > 0) changes.push({ type: "volume.updated", id: name, set });
  return ok({ changes, granted: { volume: name } });
}

function sameLabels(left: Volume["labels"], right: Volume["labels"]): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}
