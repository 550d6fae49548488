// The commands of the cluster, and their outcomes. A command is already validated; decide() grants or refuses it.

import type { Random } from "../../lib/random.ts";
import type { Sealed } from "../../lib/sealed.ts";
import type { AppContent, AppImages, AppOutcome } from "../../model/app/app.ts";
import type { Change } from "../../model/change.ts";
import type { Strategy } from "../../model/cluster/cluster.ts";
import type { ConfigId, ContentKind, Encoding } from "../../model/config/config.ts";
import type { CredentialId } from "../../model/credential/credential.ts";
import type { JobId, NodeId, ScheduleId, ServiceId, TaskId } from "../../model/ids.ts";
import type { ParsedJobInput } from "../../model/job/job-input.ts";
import type { EngineInfo, NodeRecord, Suspicion } from "../../model/node/node.ts";
import type { NodePolicy } from "../../model/node/policy.ts";
import type { Origin } from "../../model/origin.ts";
import type { PlanOutcome } from "../../model/plan/plan.ts";
import type { ParsedScheduleInput } from "../../model/schedule/schedule-input.ts";
import type { SecretId } from "../../model/secret/secret.ts";
import type { ResolvedImage } from "../../model/service/pinned.ts";
import type { ParsedSelectorInput } from "../../model/service/selector-input.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import type { Reason, TaskStatus } from "../../model/task/reason.ts";
import type { ContainerStatus } from "../../model/task/status.ts";
import type { Idempotency } from "../../model/task/task.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import type { Volume, VolumeJob } from "../../model/volume/volume.ts";
import type { Dependencies } from "./dependencies.ts";

type OrUndefined<T> = { [Key in keyof T]?: T[Key] | undefined };

/**
 * What a worker reports of a task. The fields of a container stand beside those of the task if it has one container, and
 * in `containers` if it has several. What is left out has not changed.
 */
export interface TaskReportFields
  extends OrUndefined<Omit<ContainerStatus, "name" | "lastFailure" | "status" | "reason" | "ready">> {
  status: TaskStatus;
  nodeId?: string | undefined;
  reason?: Reason | undefined;
  ready?: boolean | undefined;
  finishedAt?: string | null | undefined;
  lastFailure?: ContainerStatus["lastFailure"] | undefined;
  containers?: readonly (OrUndefined<ContainerStatus> & { name: string })[] | undefined;
}

/** What a worker says of its node; the rest of the record is the master's. */
export type NodeRegistrationFields = Omit<
  NodeRecord,
  | "nodeId"
  | "status"
  | "schedulable"
  | "suspect"
  | "flapping"
  | "draining"
  | "registeredAt"
  | "unconfirmed"
  | "userLabels"
  | "workerLabels"
  | "instance"
  | "askedHostname"
  | "features"
  | "policy"
  | "offlineSince"
> & {
  /** Left out by workers of release 0.1.0. */
  features?: readonly string[] | null;
  policy?: NodePolicy | null;
  nodeId?: string | undefined;
  /** The worker is of release 0.1.0, which knows only ids such as `node-abc12345`. */
  firstRelease?: boolean;
  /** The process of the worker. Left out by workers of 0.1.0, and for nodes without a worker. */
  instance?: string | null;
};

/** What the master has seen of the process that has a node. */
export interface HolderEvidence {
  nodeId: NodeId;
  /** The process that it is about. */
  instance: string | null;
  /**
   * gone: its lease has run out, or the node has no worker. disconnected: its connection broke, and it has not come back
   * yet. alive: it has sent heartbeats since the claimant came. unknown: none of these.
   */
  is: "gone" | "disconnected" | "alive" | "unknown";
}

/** How a loss was noticed: the lease ran out, the stream broke and the grace period ended, or a person said so. */
export type LossCause = "silent" | "connection-broken" | "by-hand";

export type Command =
  | { type: "startMaster"; clusterId: string; strategy: Strategy }
  /** What the input leaves out has its default. */
  | {
      type: "createTask";
      input: ParsedTaskInput;
      idempotency?: Idempotency;
      /** True when it is refused if an unfinished task has the name. */
      nameMustBeFree?: boolean;
    }
  | { type: "reportTask"; taskId: TaskId; report: TaskReportFields }
  /** `graceSeconds`: null or left out for that of the template. */
  | { type: "stopTask"; taskId: TaskId; graceSeconds?: number | null }
  /** Another replica of the service takes its place on the node `to`, start-first. */
  | { type: "moveTask"; taskId: TaskId; to: NodeId }
  | { type: "restartTask"; taskId: TaskId; graceSeconds?: number | null; by: string }
  /** `whenEnded`: a task that may run on its node is killed, and removed at its end. */
  | { type: "removeTask"; taskId: TaskId; force: boolean; whenEnded?: boolean }
  /** `holder`: what the master has seen of the worker that has the node which is claimed; without it nothing is known. */
  | { type: "registerNode"; registration: NodeRegistrationFields; holder?: HolderEvidence }
  /** A heartbeat with news: the node is back, or its engine changed. */
  | { type: "refreshNode"; nodeId: NodeId; engine?: EngineInfo | null; engineError?: string | null }
  /** Labels that a user sets, and the keys of those that are taken back. */
  | { type: "labelNode"; nodeId: NodeId; set: Readonly<Record<string, string>>; remove: readonly string[] }
  | { type: "setSchedulable"; nodeId: NodeId; schedulable: boolean }
  /** Its tasks leave it; what is left after `deadlineMs` is stopped. `by`: who asked. */
  | { type: "drainNode"; nodeId: NodeId; deadlineMs: number; by: string }
  | { type: "undrainNode"; nodeId: NodeId }
  /** The node still counts as online, but gets no new tasks until its next heartbeat. */
  | { type: "suspectNode"; nodeId: NodeId; code: Suspicion["code"]; message: string }
  /** Without a cause: it sent no heartbeats. */
  | { type: "loseNode"; nodeId: NodeId; silentMs: number; cause?: LossCause }
  | { type: "deregisterNode"; nodeId: NodeId }
  /**
   * `by`: who asked. `mustBeNew`: it is refused if there is a service of this name. `images`: what tags of the template have just
   * been found to stand for. `others`: by name, what is put with it, so that what it depends on counts as it will be.
   */
  | {
      type: "putService";
      input: ParsedServiceInput;
      by: string;
      note?: string;
      mustBeNew?: boolean;
      images?: readonly ResolvedImage[];
      others?: ReadonlyMap<string, Dependencies>;
    }
  /** A service that owns no replicas. `mustBeNew`: it is refused if there is a service of this name. */
  | { type: "putSelector"; input: ParsedSelectorInput; mustBeNew?: boolean }
  /** Makes a revision that is the same as the one before, so that every replica is replaced. */
  | { type: "restartService"; serviceId: ServiceId; by: string }
  | { type: "scaleService"; serviceId: ServiceId; replicas: number }
  | { type: "pauseService"; serviceId: ServiceId; paused: boolean }
  | { type: "promoteService"; serviceId: ServiceId }
  /** `to`: null or left out for the revision that served before. */
  | { type: "rollbackService"; serviceId: ServiceId; to?: number | null }
  | { type: "removeService"; serviceId: ServiceId }
  /**
   * `by`: who asked. `mustBeNew`: it is refused if there is a job of this name. `again`: then a job of this name that has
   * ended is removed first.
   */
  | {
      type: "putJob";
      input: ParsedJobInput;
      by: string;
      mustBeNew?: boolean;
      again?: boolean;
      others?: ReadonlyMap<string, Dependencies>;
    }
  | { type: "suspendJob"; jobId: JobId; suspended: boolean }
  | { type: "removeJob"; jobId: JobId }
  /** `nodeId`: null unless its data is on a node already. */
  | {
      type: "createVolume";
      name: string;
      writers: Volume["writers"];
      labels: Readonly<Record<string, string>>;
      nodeId: string | null;
    }
  /** What is left out stays as it is. */
  | {
      type: "updateVolume";
      name: string;
      writers?: Volume["writers"] | undefined;
      labels?: Readonly<Record<string, string>> | undefined;
    }
  /** `force`: also if the node that has its data is online. */
  | { type: "releaseVolume"; name: string; force: boolean }
  | { type: "removeVolume"; name: string }
  /**
   * Another version of a config. `labels`: left out for those of the version before. `mustBeNew`: refused if there is one. `without`: names of
   * services that get no revision for it, because they are put next.
   */
  | {
      type: "putConfig";
      name: string;
      data: string;
      encoding: Encoding;
      labels?: Readonly<Record<string, string>> | undefined;
      by: string;
      mustBeNew: boolean;
      without?: readonly string[];
    }
  /** As putConfig, for a content that was sealed. */
  | {
      type: "putSecret";
      name: string;
      sealed: Sealed;
      labels?: Readonly<Record<string, string>> | undefined;
      by: string;
      mustBeNew: boolean;
      without?: readonly string[];
    }
  /** The login to a registry, in the place of the one before. */
  | { type: "putCredential"; registry: string; username: string; sealed: Sealed; by: string }
  | { type: "removeCredential"; registry: string }
  /** All versions of a content. */
  | { type: "removeContent"; kind: ContentKind; name: string }
  /** `to`: the node that gets the files; null for a backup. */
  | { type: "beginVolumeWork"; name: string; job: VolumeJob; to: NodeId | null; by: string }
  /** `failed`: null if it is done. `untouched`: it failed before anything was done on the node that gets the files. */
  | { type: "endVolumeWork"; name: string; workId: string; failed: string | null; untouched: boolean }
  /** The node has no other files under the name any more. */
  | { type: "forgetVolumeCopy"; name: string; nodeId: NodeId }
  /** Its data was removed from the node, as a user asked: the next task with it may start there with an empty volume. */
  | { type: "forgetVolumeData"; name: string; nodeId: NodeId }
  /** `by`: who asked. `mustBeNew`: it is refused if there is a schedule of this name. */
  | {
      type: "putSchedule";
      input: ParsedScheduleInput;
      by: string;
      mustBeNew?: boolean;
      others?: ReadonlyMap<string, Dependencies>;
    }
  | { type: "suspendSchedule"; scheduleId: ScheduleId; suspended: boolean }
  /** Starts a job of the schedule now. `by`: who asked. */
  | { type: "triggerSchedule"; scheduleId: ScheduleId; by: string }
  | { type: "removeSchedule"; scheduleId: ScheduleId }
  | AppCommand
  /** Writes a change without effect, to find out whether the journal can write again. */
  | { type: "probe" }
  /** Does nothing but start a tick, in which the reconcilers run. */
  | { type: "wake" };

/** The commands that consist of parts: see core/transaction.ts. */
export type AppCommand =
  /**
   * Makes the app what the input says. `by`: who asked. `images`: what tags have just been found to stand for. `expectedRevision`: the newest
   * revision that the client has seen, 0 for none; it is refused if there is another one.
   */
  | {
      type: "putApp";
      name: string;
      input: AppContent;
      by: string;
      note?: string;
      images?: AppImages;
      expectedRevision?: number;
    }
  /** `to`: null or left out for the revision before. */
  | { type: "rollbackApp"; name: string; to?: number | null; by: string; expectedRevision?: number }
  /** Its volumes stay. */
  | { type: "removeApp"; name: string };

/** A command as it is submitted: with its origin. */
export interface Submission {
  command: Command;
  origin: Origin;
  /** What a plan of it says. If it would do anything else now, it is refused. Left out: it may do what it does. */
  expected?: PlanOutcome | undefined;
}

/** The records that a granted command made or changed. The caller gets it once that is durable. */
export interface Granted {
  taskId?: TaskId;
  nodeId?: NodeId;
  serviceId?: ServiceId;
  jobId?: JobId;
  /** Its name. */
  volume?: string;
  /** The newest version of the content. */
  contentId?: ConfigId | SecretId;
  credential?: CredentialId;
  /** Of the work on a volume. */
  workId?: string;
  /** Of the batch that began that work. */
  revision?: number;
  scheduleId?: ScheduleId;
  app?: AppOutcome;
}

export interface DecisionContext {
  /** ms since the epoch. */
  now: number;
  /** The revision that the batch will get. */
  revision: number;
  random: Random;
}

export interface Decision {
  changes: Change[];
  granted: Granted;
}
