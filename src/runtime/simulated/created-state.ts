// The state of a simulated container before its first start, and how signals end its program.

import { containerLabels } from "../../model/cluster/cluster.ts";
import { mainContainer } from "../../model/task/spec.ts";
import type { ContainerState, CreateRequest } from "../containers.ts";

/** How a program ends that does not handle the signal. */
export const signalExitCodes: Readonly<Record<string, number>> = {
  HUP: 129,
  INT: 130,
  KILL: 137,
  USR1: 138,
  TERM: 143,
};

/** A container that was created and never started. */
export function createdState(containerId: string, labels: CreateRequest["labels"]): ContainerState {
  return {
    containerId,
    taskId: labels[containerLabels.task] ?? "",
    container: labels[containerLabels.container] ?? mainContainer,
    nodeId: labels[containerLabels.node] ?? "",
    status: "created",
    exitCode: null,
    oomKilled: false,
    error: "",
    startedAt: null,
    finishedAt: null,
    publishedPorts: [],
    binds: [],
  };
}
