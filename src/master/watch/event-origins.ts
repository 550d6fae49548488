// Finds who asked for the change that an event shows: in the commands of its batch, once for each batch.

import type { Command } from "../../core/commands/command.ts";
import type { CommandEntry, Operation } from "../../model/change.ts";
import type { KindName } from "../../model/kinds/kinds.ts";
import { type Origin, originOfText, systemOrigin } from "../../model/origin.ts";
import { hasFinished, type Task } from "../../model/task/task.ts";

/** The part of an event that its origin depends on. */
interface OriginatedEvent {
  kind: KindName;
  operation: Operation;
  by: Origin | null;
  before: object | null;
  after: object | null;
}

/** By the kind and the id of their records: an id is unique among the records of its kind only. */
type EventsById = { readonly [K in KindName]?: ReadonlyMap<string, OriginatedEvent> };

/** The effect of a command on the record that it names or creates. The removal of a node also ends its tasks. */
interface Effect {
  /** Null if it may be of any kind. */
  kind: KindName | null;
  operations: readonly Operation[];
}

const onTask = (...operations: Operation[]): Effect => ({ kind: "task", operations });
const onNode = (...operations: Operation[]): Effect => ({ kind: "node", operations });
const onService = (...operations: Operation[]): Effect => ({ kind: "service", operations });
const onJob = (...operations: Operation[]): Effect => ({ kind: "job", operations });
const onVolume = (...operations: Operation[]): Effect => ({ kind: "volume", operations });
const onSchedule = (...operations: Operation[]): Effect => ({ kind: "schedule", operations });
const nothing: Effect = { kind: null, operations: [] };
const anything: Effect = { kind: null, operations: ["created", "updated", "removed"] };

const effects: Readonly<Record<Command["type"], Effect>> = {
  startMaster: nothing,
  createTask: onTask("created"),
  reportTask: onTask("updated", "removed"),
  stopTask: onTask("updated"),
  restartTask: onTask("updated"),
  moveTask: onTask("updated"),
  removeTask: onTask("updated", "removed"),
  registerNode: onNode("created", "updated"),
  refreshNode: onNode("updated"),
  labelNode: onNode("updated"),
  setSchedulable: onNode("updated"),
  drainNode: onNode("updated"),
  undrainNode: onNode("updated"),
  suspectNode: onNode("updated"),
  loseNode: onNode("updated"),
  deregisterNode: onNode("updated", "removed"),
  putService: onService("created", "updated"),
  putSelector: onService("created", "updated"),
  restartService: onService("updated"),
  scaleService: onService("updated"),
  pauseService: onService("updated"),
  promoteService: onService("updated"),
  rollbackService: onService("updated"),
  removeService: onService("removed"),
  putJob: onJob("created", "updated"),
  suspendJob: onJob("updated"),
  removeJob: onJob("removed"),
  createVolume: onVolume("created"),
  updateVolume: onVolume("updated"),
  releaseVolume: onVolume("updated"),
  removeVolume: onVolume("removed"),
  putCredential: { kind: "credential", operations: ["created", "updated"] },
  removeCredential: { kind: "credential", operations: ["removed"] },
  putConfig: { kind: "config", operations: ["created"] },
  putSecret: { kind: "secret", operations: ["created"] },
  removeContent: { kind: null, operations: ["removed"] },
  beginVolumeWork: onVolume("updated"),
  endVolumeWork: onVolume("updated"),
  forgetVolumeCopy: onVolume("updated"),
  forgetVolumeData: onVolume("updated"),
  putSchedule: onSchedule("created", "updated"),
  suspendSchedule: onSchedule("updated"),
  triggerSchedule: onSchedule("updated"),
  removeSchedule: onSchedule("removed"),
  putApp: anything,
  rollbackApp: anything,
  removeApp: anything,
  probe: nothing,
  wake: nothing,
};

/** Commands that end the tasks of the node that they name; a registration does if the worker runs elsewhere now. */
const endsTasks: ReadonlySet<string> = new Set<Command["type"]>(["loseNode", "deregisterNode", "registerNode"]);

const reconciler = systemOrigin("reconciler");

type DefaultOrigins = Readonly<Record<Operation, Origin | null>>;
const byReconciler: DefaultOrigins = { created: reconciler, updated: reconciler, removed: reconciler };

/** A log of another release may have commands that this program does not know. */
function effectOf({ type }: CommandEntry): Effect {
  return (effects as Readonly<Record<string, Effect>>)[type] ?? anything;
}

/**
 * The origin of a change whose record no command of the batch names: the master's reconcilers. Null if it may have been a
 * command whose record the batch does not name: one beyond the limit of a batch, or one of format 1.
 */
export function defaultOrigins(commands: readonly CommandEntry[]): DefaultOrigins {
  let origins = byReconciler;
  for (const entry of commands) {
    if (entry.targets !== undefined || entry.refused !== undefined) continue;
    for (const operation of effectOf(entry).operations) origins = { ...origins, [operation]: null };
  }
  return origins;
}

/**
 * Sets `by` of the events whose record a command names. Events of one command share its origin. `byId`: the same
 * events.
 */
export function nameOrigins(
  events: readonly OriginatedEvent[],
  byId: EventsById,
  commands: readonly CommandEntry[],
): void {
  const ended = new Map<string, Origin>();
  for (const entry of commands) {
    if (entry.targets === undefined || entry.refused !== undefined) continue;
    const { kind, operations } = effectOf(entry);
    const candidates = kind === null ? Object.values(byId) : [byId[kind]];
    const origin = originOfText(entry.by, entry.request);
    const ends = endsTasks.has(entry.type);
    for (const target of entry.targets) {
      if (ends) ended.set(target, origin);
      for (const ofKind of candidates) {
        const event = ofKind?.get(target);
        if (!event || !operations.includes(event.operation)) continue;
        if (!isNamed(event) || comesFirst(origin, event.by!, event.operation)) event.by = origin;
      }
    }
  }
  if (ended.size === 0) return;
  for (const event of events) {
    const origin = isNamed(event) ? undefined : ended.get(nodeOfEnded(event) ?? "");
    if (origin) event.by = origin;
  }
}

function isNamed({ by }: OriginatedEvent): boolean {
  return by !== null && by !== reconciler;
}

const rank: Readonly<Record<Origin["kind"], number>> = { user: 0, node: 1, system: 2 };

/**
 * True if the event names `origin` in place of `shown`, the origin of an earlier command for the same record. A user comes
 * before a worker; of equals, the last command is named, or for a new record the first.
 */
function comesFirst(origin: Origin, shown: Origin, operation: Operation): boolean {
  if (rank[origin.kind] !== rank[shown.kind]) return rank[origin.kind] < rank[shown.kind];
  return operation !== "created";
}

/** The node of a task that finished in this batch, and was perhaps removed at its end; null for every other event. */
function nodeOfEnded({ kind, before, after }: OriginatedEvent): string | null {
  if (kind !== "task" || before === null || hasFinished(before as Task)) return null;
  const hasEnded = after === null || hasFinished(after as Task);
  return hasEnded ? ((before as Task).placement?.nodeId ?? null) : null;
}
