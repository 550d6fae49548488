// Answers of the worker's API in the form of Podling's first edition: a task with the status of its container, and the end of
// a log as one text.

import { readFrames } from "../lib/frames.ts";
import { shownPolicy } from "../model/task/restart-policy.ts";
import type { ContainerState } from "../runtime/containers.ts";
import type { Holding } from "./holdings.ts";

export const defaultTail = 100;

/** The assignment, with what the container shows now. The assignment is null for a container that is kept for its log. */
export function taskStatusOf({ taskId, assignment, found }: Holding): object {
  const { restartPolicy, ...fields } = assignment ?? {};
  return {
    taskId,
    ...fields,
    ...(restartPolicy ? { restartPolicy: shownPolicy(restartPolicy) } : {}),
    ...(found ? containerFields(found, assignment?.desired === "stopped") : {}),
  };
}

/** `asked`: a user wants it to be stopped. */
function containerFields(container: ContainerState, asked: boolean) {
  const { status, containerId, exitCode, error, startedAt, finishedAt, publishedPorts } = container;
  const ended = asked ? "stopped" : exitCode === 0 ? "completed" : "failed";
  return {
    status: status === "exited" ? ended : status === "running" ? "running" : "scheduled",
    ...{ containerId, exitCode, startedAt, finishedAt, publishedPorts },
    error: error === "" ? null : error,
  };
}

/** Lines may be long: of a longer log, the end is given. */
const mostCharacters = 1024 ** 2;

/** Both streams of a log, in the order of the engine. A log that the engine ends early ends with a line that says why. */
export async function logText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const { payload } of readFrames(stream)) {
      text += decoder.decode(payload, { stream: true });
      // Each cut copies what is left: a cut after every frame would keep the worker busy for seconds.
      if (text.length > 2 * mostCharacters) text = text.slice(-mostCharacters);
    }
    text += decoder.decode();
  } catch (error) {
    text += `\npodling: the log ends early: ${(error as Error).message}\n`;
  }
  return text.slice(-mostCharacters);
}
