// podling restart: stops the containers of running tasks and starts them again on their nodes.

import type { TaskView } from "../../../api/views/task.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure } from "../../command/failure.ts";
import { each } from "./each.ts";
import { afterGraceMs, graceFlag, graceSeconds, refusedStopFlags } from "./stop.ts";
import { waitForTask } from "./wait-task.ts";

/** For a task that has not started yet: longer than most pulls. */
const startPatienceMs = 60_000;

const oneContainer =
  "the containers of a task are restarted together; podling kill -c NAME TASK ends one, and its restart policy starts it again";

export const restart: Command = {
  name: "restart",
  summary: "Restart tasks: the same container, on the same node",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "Stops the container as podling stop does, starts it again, and waits until it runs; also if the restart policy is never. The restart is counted. If the master or the worker is restarted meanwhile, the restart is done all the same.",
    "Of a task of several containers, all but the init containers are started again.",
    "A finished task is not restarted: run it again with podling run.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [graceFlag, { long: "detach", short: "d", description: "do not wait" }],
  refused: {
    ...refusedStopFlags("restart"),
    ...{ "-c": oneContainer, "--container": oneContainer },
  },
  examples: [
    ["podling restart web", "after a change of the files that it reads"],
    ["podling restart -t 1 web", "kill it after one second"],
  ],
  async run(context) {
    const grace = graceSeconds(context);
    return each(context, context.words, (reference, turn) => restartOne(context, reference, grace, turn));
  },
};

async function restartOne(
  context: Context,
  id: string,
  grace: number | undefined,
  turn: Promise<void>,
): Promise<number> {
  const given = grace === undefined ? {} : { graceSeconds: grace };
  const before = await context.call("getTask", { id });
  // Just created: docker's `run -d` returns when the container runs, this one when the task is recorded.
  if (before.status === "scheduled") await waitForTask(context, before, "running", { timeoutMs: startPatienceMs });
  if (context.flags.has("detach")) {
    await context.call("restartTask", { id: before.taskId, query: given });
  } else {
    const timeout = `${(grace ?? before.stopGraceSeconds) * 1000 + afterGraceMs}ms`;
    const task = await context.call("restartTask", { id: before.taskId, query: { ...given, wait: "done", timeout } });
    if (isFinished(task.status)) throw new Failure(`${task.name} is ${task.status}: ${task.reason.message}`);
    if (!isDone(task)) {
      await turn;
      await context.say(`${task.name} is not restarted yet: ${task.reason.message}`);
      return exitCodes.notYet;
    }
  }
  await turn;
  await context.out(`${id}\n`);
  return exitCodes.done;
}

function isDone({ requests, requestedRestarts = 0 }: TaskView): boolean {
  return requestedRestarts >= (requests?.restarts ?? 0);
}
