// Says what a command changes, or why it is refused. Pure: nothing is applied here; time and randomness are handed in.

import { unreachable } from "../../lib/assert.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import { clusterRecordId } from "../../model/cluster/kind.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Parts } from "../transaction.ts";
import { removeApp, rollbackApp } from "./app/app-requests.ts";
import { putApp } from "./app/put-app.ts";
import type { AppCommand, Command, Decision, DecisionContext } from "./command.ts";
import { decideContent } from "./contents.ts";
import { decidePutJob, decideRemoveJob, decideSuspendJob } from "./jobs.ts";
import { decideMove } from "./move-task.ts";
import { decideDrain } from "./node-drain.ts";
import { decideLabels } from "./node-labels.ts";
import { decideDeregister, decideLoss, decideRefresh, decideSchedulable, decideSuspicion } from "./nodes.ts";
import { refuseBeyondLimit, refuseMoreReplicas } from "./record-limits.ts";
import { decideRegistration } from "./registration.ts";
import { decidePutSchedule, decideRemoveSchedule, decideSuspendSchedule, decideTriggerSchedule } from "./schedules.ts";
import { decidePutSelector } from "./selectors.ts";
import {
  decidePauseService,
  decidePromoteService,
  decideRemoveService,
  decideRestartService,
  decideRollbackService,
  decideScaleService,
} from "./service-requests.ts";
import { decidePutService } from "./services.ts";
import { decideReport } from "./task-report.ts";
import { decideRemove, decideRestart, decideStop } from "./task-requests.ts";
import { decideCreate } from "./tasks.ts";
import { decideOnVolume } from "./volume-commands.ts";
import { interruptedWork } from "./volume-work.ts";

type JobCommand = Extract<Command, { type: `${string}Job` | `${string}Schedule` }>;

/** What is decided at once: every command but those that consist of parts. */
type SingleCommand = Exclude<Command, AppCommand>;

export function isOnApp(command: Command): command is AppCommand {
  return command.type.endsWith("App");
}

/** The parts of a command on an app. */
export function partsOf(state: ClusterState, command: AppCommand, context: DecisionContext): Parts {
  switch (command.type) {
    case "putApp":
      return putApp(state, command, context);
    case "rollbackApp":
      return rollbackApp(state, command, context);
    case "removeApp":
      return removeApp(state, command, context);
    default:
      return unreachable(command);
  }
}

export function decide(state: ClusterState, command: SingleCommand, context: DecisionContext): Outcome<Decision> {
  const decided = decideOne(state, command, context);
  if (!decided.ok) return decided;
  const { changes } = decided.value;
  return refuseBeyondLimit(state, changes) ?? refuseMoreReplicas(state, changes) ?? decided;
}

function decideOne(state: ClusterState, command: SingleCommand, context: DecisionContext): Outcome<Decision> {
  if (isOnJobs(command)) return decideOnJobs(state, command, context);
  switch (command.type) {
    case "startMaster":
      return ok({ changes: [startMaster(state, command), ...interruptedWork(state)], granted: {} });
    case "createTask":
      return decideCreate(state, command, context);
    case "reportTask":
      return decideReport(state, command.taskId, command.report, context);
    case "stopTask":
      return decideStop(state, command, context);
    case "moveTask":
      return decideMove(state, command);
    case "restartTask":
      return decideRestart(state, command, context);
    case "removeTask":
      return decideRemove(state, command);
    case "registerNode":
      return decideRegistration(state, command, context);
    case "refreshNode":
      return decideRefresh(state, command, context);
    case "labelNode":
      return decideLabels(state, command);
    case "setSchedulable":
      return decideSchedulable(state, command);
    case "drainNode":
    case "undrainNode":
      return decideDrain(state, command, context);
    case "suspectNode":
      return decideSuspicion(state, command, context);
    case "loseNode":
      return decideLoss(state, command, context);
    case "deregisterNode":
      return decideDeregister(state, command.nodeId, context);
    case "putService":
      return decidePutService(state, command, context);
    case "putSelector":
      return decidePutSelector(state, command, context);
    case "restartService":
      return decideRestartService(state, command, context);
    case "scaleService":
      return decideScaleService(state, command);
    case "pauseService":
      return decidePauseService(state, command, context);
    case "promoteService":
      return decidePromoteService(state, command, context);
    case "rollbackService":
      return decideRollbackService(state, command, context);
    case "removeService":
      return decideRemoveService(state, command);
    case "createVolume":
    case "updateVolume":
    case "releaseVolume":
    case "removeVolume":
    case "beginVolumeWork":
    case "endVolumeWork":
    case "forgetVolumeCopy":
    case "forgetVolumeData":
      return decideOnVolume(state, command, context);
    case "probe":
      return ok({ changes: [{ type: "cluster.updated", id: clusterRecordId, set: {} }], granted: {} });
    case "wake":
      return ok({ changes: [], granted: {} });
    default:
      return decideContent(state, command, context);
  }
}

function isOnJobs(command: SingleCommand): command is JobCommand {
  return command.type.endsWith("Job") || command.type.endsWith("Schedule");
}

/** The commands on jobs and schedules. */
function decideOnJobs(state: ClusterState, command: JobCommand, context: DecisionContext): Outcome<Decision> {
  switch (command.type) {
    case "putJob":
      return decidePutJob(state, command, context);
    case "suspendJob":
      return decideSuspendJob(state, command, context);
    case "removeJob":
      return decideRemoveJob(state, command);
    case "putSchedule":
      return decidePutSchedule(state, command, context);
    case "suspendSchedule":
      return decideSuspendSchedule(state, command, context);
    case "triggerSchedule":
      return decideTriggerSchedule(state, command, context);
    case "removeSchedule":
      return decideRemoveSchedule(state, command);
    default:
      return unreachable(command);
  }
}

function startMaster(state: ClusterState, command: Extract<Command, { type: "startMaster" }>): Change {
  const { clusterId, epoch } = state.cluster;
  const set = { clusterId: clusterId || command.clusterId, epoch: epoch + 1, strategy: command.strategy };
  return { type: "cluster.updated", id: clusterRecordId, set };
}
