// The containers of a task of several, as its worker runs them: which part each has, by which policy it is started again, and
// the container that holds the network of all.

import { limits } from "../../../model/limits.ts";
import {
  type ContainerSpec,
  type RestartPolicy,
  sandboxContainer,
  specDefaults,
  unpackContainer,
} from "../../../model/task/spec.ts";
import { sandboxImage } from "../../../runtime/images.ts";
import { hasProbes } from "../../probes/health.ts";
import {
  type AssignedSpec,
  type Assignment,
  type ContainerAssignment,
  containerAssignment,
  type SandboxRun,
} from "../assignment.ts";
import type { Progress } from "../attempts.ts";
import { isAstray, type Observation } from "../step.ts";

/**
 * init: runs to its end before main and sidecar containers start. main: the task ends with these. sidecar: helps them, and is
 * stopped after them. sandbox: holds the network.
 */
export type Part = "init" | "main" | "sidecar" | "sandbox";

/** What a container is to do now. */
export interface Directive {
  /** run: as its own state needs. stop: its end is wanted. idle: it is left as it is. */
  readonly act: "run" | "stop" | "idle";
  /** Why it must not be started now. Null if it may be. */
  readonly hold: string | null;
  readonly sandbox: SandboxRun | null;
  /** True when it has done its work in an earlier sandbox of the task, and is to do it again. */
  readonly repeats: boolean;
}

/** One container as it is known now. */
export interface Member {
  readonly name: string;
  readonly part: Part;
  /** Null for the sandbox, and for a container that the task does not have. */
  readonly spec: ContainerSpec | null;
  readonly progress: Progress;
  /** True while an action is under way: it may still start. */
  readonly busy: boolean;
  /** True when it passes its checks, if it has any. */
  readonly healthy: boolean;
  /** What its runner has said last. Null if nothing yet. */
  readonly said: Observation | null;
}

/** How the task ends, as soon as that is decided: the other containers are stopped, and then it is reported. */
export interface Fate {
  readonly status: "completed" | "failed";
  readonly reason: Observation["reason"];
}

/** True when it does not run, and nothing is under way that could start it. */
export function hasStopped({ progress, busy }: Member): boolean {
  return !busy && progress.found?.status !== "running";
}

/** True when it runs in the network that there is now. */
export function runsIn({ progress: { found, attempts } }: Member, sandbox: SandboxRun | null): boolean {
  return found?.status === "running" && !isAstray({ sandbox }, found, attempts);
}

export function isReady(member: Member, sandbox: SandboxRun | null = runOfMember(member)): boolean {
  return member.healthy && runsIn(member, sandbox);
}

function runOfMember({ progress }: Member): SandboxRun | null {
  return progress.assignment?.sandbox ?? null;
}

/** True while the container runs, and passes its checks if it has any. */
export function isHealthy({ assignment, found, attempts: { health } }: Progress): boolean {
  if (found?.status !== "running") return false;
  if (health !== null && health.run === found.startedAt) return health.ready;
  // What is to be checked has not been checked in this run.
  const asked = assignment?.spec.health;
  const isAsked = asked !== undefined && asked.disabled !== true;
  return found.health === undefined && !isAsked && !(assignment && hasProbes(assignment.spec));
}

/** Pauses between two runs of the sandbox: without it, no container can do its work. */
const sandboxPolicy: RestartPolicy = {
  ...specDefaults.restartPolicy,
  mode: "always",
  backoffInitialMs: 100,
  backoffMaxMs: limits.retryMaxMs,
};

/** Part of a container. Null if the task has none of this name. */
export function partOf({ containers, init }: Pick<AssignedSpec, "containers" | "init">, name: string): Part | null {
  if (name === sandboxContainer) return "sandbox";
  if (init.some((one) => one.name === name)) return "init";
  const container = containers.find((one) => one.name === name);
  return container ? (container.sidecar ? "sidecar" : "main") : null;
}

/** Names of all, in the order in which they are looked at. */
export function memberNames({ containers, init }: Pick<AssignedSpec, "containers" | "init">): string[] {
  return [sandboxContainer, ...init.map(({ name }) => name), ...containers.map(({ name }) => name)];
}

/** Null if the task has no container of this name. */
export function memberAssignment(
  assignment: Assignment,
  name: string,
  { act, hold, sandbox, repeats }: Directive,
  waitsFor: string | null = null,
): ContainerAssignment | null {
  const { spec } = assignment;
  const part = partOf(spec, name);
  if (part === null) return null;
  const desired = act === "stop" ? "stopped" : assignment.desired;
  if (part === "sandbox") return { ...sandboxAssignment(assignment), desired };
  const container = [...spec.init, ...spec.containers].find((one) => one.name === name)!;
  const own = containerAssignment({ ...assignment, spec: { ...spec, containers: [container] } }, name, waitsFor)!;
  return {
    ...own,
    // Ports and network belong to the sandbox.
    spec: joinedSpec(container),
    restartPolicy: policyOf(spec, container, part),
    restartRequest: part === "init" ? noRestartRequest : own.restartRequest,
    // What the record says of the task is about all of them.
    reasonCode: own.recorded?.reason?.code ?? null,
    ready: own.recorded?.ready ?? false,
    ...{ desired, hold, sandbox, repeats },
  };
}

const noRestartRequest = { count: 0, by: null, askedAt: null };

function joinedSpec({ network: _, ...container }: ContainerSpec): ContainerSpec {
  return container.ports.length === 0 ? container : { ...container, ports: [] };
}

/** What runs to its end is started again only when it has failed. */
function policyOf({ containers, restartPolicy }: AssignedSpec, container: ContainerSpec, part: Part): RestartPolicy {
  const asked = container.restartPolicy ?? (part === "sidecar" ? alwaysPolicy : restartPolicy);
  const isAwaited = containers.some(({ dependsOn }) => dependsOn?.[container.name] === "completed");
  return asked.mode === "always" && (part === "init" || isAwaited) ? { ...asked, mode: "on-failure" } : asked;
}

const alwaysPolicy: RestartPolicy = { ...specDefaults.restartPolicy, mode: "always" };

/** It does nothing: it only holds the network of the task, and so all ports. */
function sandboxAssignment({ taskId, spec, desired, status }: Assignment): ContainerAssignment {
  const network = spec.containers[0]?.network;
  return {
    ...{ taskId, desired, status, labels: spec.labels, restartPolicy: sandboxPolicy, platform: null },
    spec: unpackContainer({
      name: sandboxContainer,
      image: sandboxImage,
      ports: spec.containers.flatMap(({ ports }) => ports),
      // Its program ignores every other signal.
      process: { stopSignal: "SIGKILL" },
      ...(network ? { network } : {}),
    }),
    stopGraceSeconds: 0,
    restartRequest: noRestartRequest,
    ...{
      placedAt: null,
      reasonCode: null,
      ready: false,
      recorded: null,
      hold: null,
      waitsFor: null,
      sandbox: null,
      repeats: false,
    },
  };
}
