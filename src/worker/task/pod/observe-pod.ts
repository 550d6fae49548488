// How a task of several containers is, as its worker reports it: the status of the task, the reason that says most, and each
// container. Pure.

import { limits } from "../../../model/limits.ts";
import type { Reason, TaskStatus } from "../../../model/task/reason.ts";
import type { ContainerStatus } from "../../../model/task/status.ts";
import type { ContainerState } from "../../../runtime/containers.ts";
import { type Assignment, isToRun } from "../assignment.ts";
import { countedRestarts } from "../attempts.ts";
import type { Observation } from "../step.ts";
import { type Fate, hasStopped, isReady, type Member } from "./members.ts";

/** Null while there is nothing to say. */
export function observePod(assignment: Assignment, members: readonly Member[], fate: Fate | null): Observation | null {
  const containers = members.filter(({ spec }) => spec !== null);
  const hasEnded = members.every(hasStopped);
  if (fate !== null && hasEnded) return observation(assignment, members, fate.status, fate.reason);
  if (!isToRun(assignment)) {
    if (!hasEnded) return null;
    return observation(assignment, members, "stopped", stoppedReason(containers));
  }
  const status = hasStarted(assignment, containers) ? "running" : "scheduled";
  const reason = fate ? endingReason(fate) : reasonOf(containers, members);
  return reason && observation(assignment, members, status, reason);
}

function hasStarted({ status }: Assignment, containers: readonly Member[]): boolean {
  const mains = containers.filter(({ part }) => part === "main");
  return status === "running" || mains.every(({ progress }) => progress.attempts.hasRun);
}

function stoppedReason(containers: readonly Member[]): Reason {
  const said = containers.find(({ part }) => part === "main")?.said;
  const message = said?.status === "stopped" ? said.reason.message : "stopped as asked";
  return { code: "stopped", message };
}

function endingReason({ reason }: Fate): Reason {
  return { code: "stopping", message: `${reason.message}; the other containers are being stopped` };
}

/** These say that all is well, or only that a container waits for another one. */
const saysLittle: ReadonlySet<string> = new Set(["running", "starting", "exited", "stopped"]);

/** Of the container that says most; null if none has said anything. */
function reasonOf(containers: readonly Member[], members: readonly Member[]): Reason | null {
  const sandbox = members.find(({ part }) => part === "sandbox");
  if (sandbox?.said && sandbox.progress.found?.status !== "running") {
    return { ...sandbox.said.reason, message: `the network of the task: ${sandbox.said.reason.message}` };
  }
  const telling =
    containers.find(({ said }) => said !== null && !saysLittle.has(said.reason.code)) ??
    containers.find(({ part, said, progress }) => part === "init" && said && progress.found?.status === "running") ??
    containers.find(({ said, progress }) => said?.reason.code === "starting" && progress.found?.status !== "running");
  if (telling?.said) return reasonOfOne(telling, telling.said);
  const live = containers.filter(({ progress }) => progress.found?.status === "running");
  if (live.length === 0) return null;
  const count = `${live.length} ${live.length === 1 ? "container" : "containers"}`;
  return { code: "running", message: `running: ${count} (${live.map(({ name }) => name).join(", ")})` };
}

function reasonOfOne({ name, part }: Member, { reason }: Observation): Reason {
  if (reason.code === "starting") return reason;
  if (part === "init" && reason.code === "running")
    return { code: "starting", message: `the init container ${name} runs` };
  return { ...reason, message: `${name}: ${reason.message}` };
}

function observation(
  assignment: Assignment,
  members: readonly Member[],
  status: TaskStatus,
  { code, message }: Reason,
): Observation {
  const containers = members.filter(({ spec }) => spec !== null);
  const mains = containers.filter(({ part }) => part === "main");
  const isOver = status !== "running" && status !== "scheduled";
  const ends = containers.flatMap(({ progress }) => progress.found?.finishedAt ?? []).sort();
  const starts = mains.flatMap(({ progress }) => progress.found?.startedAt ?? []).sort();
  const ports = members.find(({ part }) => part === "sandbox")?.progress.found?.publishedPorts ?? [];
  return {
    status,
    reason: { code, message: message.slice(0, limits.messageLength) },
    ...{ containerId: null, exitCode: null, oomKilled: false, error: null, lastFailure: null },
    restarts: containers.reduce((sum, { progress }) => sum + countedRestarts(progress), 0),
    publishedPorts: ports,
    startedAt: starts[0] ?? null,
    finishedAt: isOver ? (ends.at(-1) ?? null) : null,
    several: {
      ready: status === "running" && mains.every((member) => isReady(member) || member.said?.status === "completed"),
      containers: containers.map((member) => statusOf(assignment, member, ports)),
    },
  };
}

function statusOf(assignment: Assignment, member: Member, ports: ContainerState["publishedPorts"]): ContainerStatus {
  const { name, spec, progress } = member;
  // A container that had done its work before this worker began, and was removed, is as the master knows it.
  const recorded = assignment.containers.find((one) => one.name === name);
  const said = member.said ?? recorded;
  const { found, attempts } = progress;
  const own = spec?.ports ?? [];
  return {
    name,
    containerId: found?.containerId ?? null,
    exitCode: said?.exitCode ?? found?.exitCode ?? null,
    oomKilled: said?.oomKilled ?? false,
    restarts: countedRestarts(progress),
    requestedRestarts: attempts.requestedRestarts,
    publishedPorts: ports.filter((port) =>
      own.some(({ containerPort, protocol }) => containerPort === port.containerPort && protocol === port.protocol),
    ),
    startedAt: found?.startedAt ?? null,
    error: said?.error ?? null,
    lastFailure: attempts.lastFailure,
    status: said?.status ?? "scheduled",
    reason: said?.reason ?? { code: "starting", message: "not looked at yet" },
    ready: isReady(member),
  };
}
