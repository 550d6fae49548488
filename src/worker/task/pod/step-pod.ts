// What each container of a task of several is to do now, and how the task as a whole is. Pure: it takes what is known of each
// container and the time. Which action a container needs for that is for step() to say.

import type { Dependency } from "../../../model/task/spec.ts";
import { type Assignment, isToRun, type SandboxRun } from "../assignment.ts";
import { type Observation, step } from "../step.ts";
import { hasFollower, leftBehind, repeatsOf } from "./init-work.ts";
import {
  type Directive,
  type Fate,
  hasStopped,
  isReady,
  type Member,
  memberAssignment,
  type Part,
  runsIn,
} from "./members.ts";
import { observePod } from "./observe-pod.ts";

export interface Pod {
  /** Null if the master wants nothing of the task here. */
  readonly assignment: Assignment | null;
  /** The sandbox, then init containers, then the others, as the task names them. */
  readonly members: readonly Member[];
  /** Null until the end of the task is decided. */
  readonly fate: Fate | null;
}

export interface PodStep {
  readonly directives: ReadonlyMap<string, Directive>;
  readonly fate: Fate | null;
  /** Of the task; null if there is nothing to say. */
  readonly report: Observation | null;
}

/** What a container would come to if it were left to its own policy. */
export type Outcome = "open" | "completed" | "failed";

export function stepPod(pod: Pod, now: number): PodStep {
  const { assignment } = pod;
  if (assignment === null) return { directives: stopping(pod), fate: null, report: null };
  const fate = pod.fate ?? (isToRun(assignment) ? fateOf(assignment, pod.members, now) : null);
  if (fate !== null || !isToRun(assignment)) {
    return { directives: stopping(pod), fate, report: observePod(assignment, pod.members, fate) };
  }
  return { directives: running(assignment, pod, now), fate, report: observePod(assignment, pod.members, fate) };
}

// ---- its end

/** Main containers and those that run before them end first, then sidecars, and the network at last. */
const order: readonly (readonly Part[])[] = [["init", "main"], ["sidecar"], ["sandbox"]];

function stopping({ assignment, members }: Pod): Map<string, Directive> {
  const directives = new Map<string, Directive>();
  let mayStop = true;
  for (const parts of order) {
    const these = members.filter(({ part }) => parts.includes(part));
    for (const member of these) {
      // One that has ended by itself keeps the reason of that.
      const isLeft = !mayStop || (assignment !== null && hasEnded(member));
      directives.set(member.name, { act: isLeft ? "idle" : "stop", hold: null, sandbox: null, repeats: false });
    }
    mayStop &&= these.every(hasStopped);
  }
  return directives;
}

function hasEnded({ progress, busy, said }: Member): boolean {
  return !busy && said !== null && progress.found?.status === "exited";
}

/** Null while the task goes on. */
function fateOf(assignment: Assignment, members: readonly Member[], now: number): Fate | null {
  const outcomes = outcomesOf(assignment, members, now);
  const failed = members.filter((member) => outcomes.get(member) === "failed").sort(byEnd);
  const [first] = failed;
  if (first) return { status: "failed", reason: failureOf(assignment, first, now) };
  const mains = members.filter(({ part, spec }) => part === "main" && spec !== null);
  if (mains.length === 0 || mains.some((member) => member.busy || outcomes.get(member) !== "completed")) return null;
  const code = 0;
  const what = mains.length === 1 ? `${mains[0]!.name} exited` : "every container exited";
  return { status: "completed", reason: { code: "exited", message: `${what} with code ${code}` } };
}

/** The cause comes first: the others have ended after it, or were stopped because of it. */
function byEnd(left: Member, right: Member): number {
  const [leftEnd, rightEnd] = [endOf(left), endOf(right)];
  return leftEnd < rightEnd ? -1 : leftEnd > rightEnd ? 1 : 0;
}

/** One that failed without a run has no time of its end. */
function endOf({ progress }: Member): string {
  return progress.found?.finishedAt ?? "9999";
}

function failureOf(assignment: Assignment, member: Member, now: number): Fate["reason"] {
  const { code, message } = ownStep(assignment, member, now)!.reason;
  const who =
    member.part === "sandbox" ? "" : member.part === "init" ? `init container ${member.name}: ` : `${member.name}: `;
  return { code, message: `${who}${message}` };
}

/** What the container's own rules say of it, whatever the other containers do. */
function ownStep(assignment: Assignment, { name, progress }: Member, now: number): Observation | null {
  const own = memberAssignment(assignment, name, free(progress.assignment?.sandbox ?? null));
  return own && step({ ...progress, assignment: { ...own, recorded: null } }, now).report;
}

function free(sandbox: SandboxRun | null): Directive {
  return { act: "run", hold: null, sandbox, repeats: false };
}

function outcomesOf(assignment: Assignment, members: readonly Member[], now: number): Map<Member, Outcome> {
  const repeats = repeatsOf(assignment, members);
  return new Map(
    members.map((member) => {
      if (repeats.has(member)) return [member, "open"];
      return [member, wasCompleted(assignment, member, members) ? "completed" : outcomeOf(assignment, member, now)];
    }),
  );
}

function outcomeOf(assignment: Assignment, member: Member, now: number): Outcome {
  const { said, progress, busy } = member;
  // One that has done its work has done it, also while the engine is asked for it again.
  const isDone = said?.status === "completed" && progress.found?.status === "exited";
  // While an action is under way, the container may not be known yet, and the log of its last run may not be read yet.
  if (said === null || (busy && !isDone)) return "open";
  const status = ownStep(assignment, member, now)?.status;
  return status === "completed" || status === "failed" ? status : "open";
}

/** True when it has done its work, and someone has removed it since: that changes nothing. */
function wasCompleted({ status, containers }: Assignment, member: Member, members: readonly Member[]): boolean {
  const { name, part, progress, said } = member;
  if (progress.found !== null) return false;
  if (part === "init" && status === "running" && hasFollower(member, members)) return true;
  const recorded = containers.find((one) => one.name === name)?.status;
  return (said?.status ?? recorded) === "completed";
}

// ---- its run

function running(assignment: Assignment, { members }: Pod, now: number): Map<string, Directive> {
  const directives = new Map<string, Directive>();
  const sandbox = runOf(
    assignment,
    members.find(({ part }) => part === "sandbox"),
  );
  const repeats = repeatsOf(assignment, members);
  const outcomes = outcomesOf(assignment, members, now);
  const isOver = (member: Member) => outcomes.get(member) === "completed";
  const init = members.filter(({ part }) => part === "init");
  const next = init.find((member) => !isOver(member));
  for (const member of members) {
    const { name, part } = member;
    const waits = (what: string | null): Directive => {
      const hold = what === null ? null : `${name} waits for ${what}`;
      return { act: "run", hold, sandbox, repeats: repeats.has(member) };
    };
    if (part === "sandbox") directives.set(name, free(null));
    else if (isOver(member) && member.progress.found === null)
      directives.set(name, { act: "idle", hold: null, sandbox, repeats: false });
    else if (sandbox === null) directives.set(name, waits("the network of the task"));
    else if (next && next !== member && !(part === "init" && isOver(member)))
      directives.set(name, waits(`the init container ${next.name}`));
    else {
      const left = part === "init" && member === next ? leftBehind(members) : undefined;
      const unmet = part === "init" ? null : unmetOf(member, members, sandbox, isOver);
      directives.set(name, waits(left ? `${left.name} to stop` : unmet));
    }
  }
  return directives;
}

function runOf({ spec }: Assignment, sandbox: Member | undefined): SandboxRun | null {
  const found = sandbox?.progress.found;
  if (found?.status !== "running" || found.startedAt === null) return null;
  const { containerId, startedAt, address = null, publishedPorts } = found;
  const hostNetwork = spec.containers[0]?.network?.mode === "host";
  return { containerId, startedAt, address, hostNetwork, publishedPorts };
}

/** What a container waits for: "db to be healthy". Null if it need not wait. */
function unmetOf(
  { spec }: Member,
  members: readonly Member[],
  sandbox: SandboxRun,
  isOver: (member: Member) => boolean,
): string | null {
  for (const [name, condition] of Object.entries(spec?.dependsOn ?? {})) {
    const other = members.find((member) => member.name === name && member.part !== "sandbox");
    if (other && !holds(condition, other, sandbox, isOver)) return `${name} ${sentences[condition]}`;
  }
  return null;
}

const sentences: Record<Dependency, string> = {
  started: "to run",
  healthy: "to be healthy",
  completed: "to complete",
};

function holds(
  condition: Dependency,
  other: Member,
  sandbox: SandboxRun,
  isOver: (member: Member) => boolean,
): boolean {
  if (condition === "completed") return isOver(other);
  if (condition === "healthy") return isReady(other, sandbox);
  return isOver(other) || runsIn(other, sandbox);
}
