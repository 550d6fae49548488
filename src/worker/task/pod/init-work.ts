// Which init containers are to do their work again: those that did it for a sandbox that is gone. What they wrote into the folders
// of the task is gone with the disk, if it was that, so the main containers must not start without it. A sandbox that is only
// started again is the same container: what was done for it stays done. Pure.

import type { Assignment } from "../assignment.ts";
import type { Member } from "./members.ts";

/** Init containers that have done their work, and not for the sandbox that there is now. */
export function repeatsOf({ containers }: Assignment, members: readonly Member[]): ReadonlySet<Member> {
  const repeats = members.filter((member) => {
    const { name, part, said, progress } = member;
    if (part !== "init" || wasMadeHere(member, members)) return false;
    const hasEndedWell = progress.found?.status === "exited" && progress.found.exitCode === 0;
    const recorded = containers.find((one) => one.name === name)?.status;
    return hasEndedWell || said?.status === "completed" || recorded === "completed";
  });
  return new Set(repeats);
}

/** True when it was made for the sandbox that there is now, also if someone has removed it since. */
function wasMadeHere(member: Member, members: readonly Member[]): boolean {
  const { found, attempts } = member.progress;
  const joined = found ? (found.joined ?? null) : attempts.joined;
  const sandboxId = sandboxIdOf(members);
  return sandboxId !== null && (joined === sandboxId || (found === null && hasFollower(member, members)));
}

/**
 * True when a container that comes later was made for the sandbox that there is now: this one was done by then. A worker that has
 * started since knows nothing else of an init container that someone has removed.
 */
export function hasFollower(member: Member, members: readonly Member[]): boolean {
  const sandboxId = sandboxIdOf(members);
  const later = members.slice(members.indexOf(member) + 1).filter(({ spec }) => spec !== null);
  return sandboxId !== null && later.some(({ progress }) => progress.found?.joined === sandboxId);
}

function sandboxIdOf(members: readonly Member[]): string | null {
  return members.find(({ part }) => part === "sandbox")?.progress.found?.containerId ?? null;
}

/** A container that still runs in an earlier network: an init container waits for its end. Undefined if there is none. */
export function leftBehind(members: readonly Member[]): Member | undefined {
  const sandboxId = sandboxIdOf(members);
  return members.find(({ part, progress: { found } }) => {
    return (part === "main" || part === "sidecar") && found?.status === "running" && found.joined !== sandboxId;
  });
}
