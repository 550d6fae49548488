// Answers to docker's commands for work in a container, such as `exec web sh`, which Podling does not have: for a task that
// exists, the line to type on its node, or why no line would work.

import type { TaskView } from "../../api/views/task.ts";
import { isFinished } from "../../model/task/reason.ts";
import { Context } from "./context.ts";
import { UsageError } from "./failure.ts";
import { globalFlags } from "./flag.ts";
import { FlagValues } from "./flag-values.ts";
import type { Io } from "./io.ts";
import type { Roles } from "./roles.ts";

interface ContainerWord {
  /** The line to type on the node, without `docker`. */
  form: string;
  /** True when it also works for a container that has ended. */
  afterEnd: boolean;
}

const shell: ContainerWord = { form: "exec -it CONTAINER sh", afterEnd: false };
const containerWords = new Map<string, ContainerWord>([
  ["exec", shell],
  ["shell", shell],
  ["sh", shell],
  ["attach", { form: "attach CONTAINER", afterEnd: false }],
  ["top", { form: "top CONTAINER", afterEnd: false }],
  ["stats", { form: "stats CONTAINER", afterEnd: false }],
  ["diff", { form: "diff CONTAINER", afterEnd: true }],
  ["cp", { form: "cp CONTAINER:/PATH .", afterEnd: true }],
]);

/** A hint is worth a moment, and a few requests. */
const lookMs = 1_000;
const wordsTried = 3;

/** Null if `word` is no such command, no argument names a task, or the master does not answer in time. */
export async function inContainer(
  word: string,
  rest: readonly string[],
  io: Io,
  roles: Roles,
): Promise<UsageError | null> {
  const asked = containerWords.get(word);
  if (asked === undefined) return null;
  // The task is not always first: exec -u root web sh, cp ./file web:/tmp.
  const references = rest.filter((one) => !one.startsWith("-")).map((one) => one.replace(/:.*/s, ""));
  const flags = new FlagValues(globalFlags);
  const context = new Context({ io, roles, flags, words: [], containerCommand: null, defaultOutput: "table" });
  const message = `podling has no command ${JSON.stringify(word)} yet`;
  try {
    for (const id of references.slice(0, wordsTried)) {
      const task = await context.try("getTask", { id, timeoutMs: lookMs });
      if (!task.ok || task.value === null) continue;
      const hint = whyNot(task.value, asked) ?? (await lineOnNode(context, task.value, asked));
      return hint === null ? null : new UsageError(message, hint);
    }
    return null;
  } catch {
    return null;
  }
}

/** Null if the container can be worked in. */
function whyNot({ name, image, status, reason, containerId }: TaskView, { afterEnd }: ContainerWord): string | null {
  if (isFinished(status) && !(afterEnd && containerId !== null))
    return `${name} is ${status}, so no container of it runs. podling logs ${name} shows its output, podling explain ${name} why it ended. To run it again: podling run ${name} --image ${image}`;
  if (containerId === null) return `${name} has no container yet: ${reason.message}. See podling explain ${name}`;
  return null;
}

async function lineOnNode(context: Context, task: TaskView, { form }: ContainerWord): Promise<string | null> {
  const { name, nodeId, containerId } = task;
  if (nodeId === null || containerId === null) return null;
  const node = await context.try("getNode", { id: nodeId, timeoutMs: lookMs });
  if (!node.ok || node.value === null) return null;
  return `${name} is on ${node.value.hostname}. Type there: docker ${form.replace("CONTAINER", containerId.slice(0, 12))}`;
}
