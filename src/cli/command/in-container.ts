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
import { shellWord } from "./shell-word.ts";

interface ContainerWord {
  /** docker's command with its usual arguments, for a line that has none of its own. */
  usual: string;
  /** True when it also works for a container that has ended. */
  afterEnd: boolean;
}

const shell: ContainerWord = { usual: "exec -it CONTAINER sh", afterEnd: false };
const containerWords = new Map<string, ContainerWord>([
  ["exec", shell],
  ["shell", shell],
  ["sh", shell],
  ["attach", { usual: "attach CONTAINER", afterEnd: false }],
  ["top", { usual: "top CONTAINER", afterEnd: false }],
  ["stats", { usual: "stats CONTAINER", afterEnd: false }],
  ["diff", { usual: "diff CONTAINER", afterEnd: true }],
  ["cp", { usual: "cp CONTAINER:/PATH .", afterEnd: true }],
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
  const references = rest.filter((one) => !one.startsWith("-")).map(taskOf);
  const flags = new FlagValues(globalFlags);
  const context = new Context({
    ...{ commandName: word, io, roles, flags, words: [], containerCommand: null, defaultOutput: "table" },
  });
  const message = `podling has no command ${JSON.stringify(word)} yet`;
  try {
    for (const id of references.slice(0, wordsTried)) {
      const task = await context.try("getTask", { id, timeoutMs: lookMs });
      if (!task.ok || task.value === null) continue;
      const line = typedLine(word, rest, id) ?? asked.usual;
      const hint = whyNot(task.value, asked) ?? (await lineOnNode(context, task.value, line));
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

/** `web:/etc/hosts` names the task web. */
function taskOf(word: string): string {
  return word.replace(/:.*/s, "");
}

/** The line as it was typed, with CONTAINER for the task `id`. Null if docker would not take it, or it may have a token. */
function typedLine(word: string, typed: readonly string[], id: string): string | null {
  // kubectl's form has -- before the command, which docker would run.
  const rest = typed.filter((one, index) => one !== "--" || index === 0 || taskOf(typed[index - 1]!) !== id);
  const at = rest.findIndex((one) => taskOf(one) === id);
  const after = rest.length - at - 1;
  const isWhole = word === "cp" ? rest.length >= 2 : word === "exec" ? after > 0 : word !== "sh" && word !== "shell";
  if (!isWhole || rest.some((one) => /^--(token|master|context)/.test(one))) return null;
  const words = rest.map((one, index) => (index === at ? `CONTAINER${one.slice(id.length)}` : one));
  return [word, ...words].map(shellWord).join(" ");
}

async function lineOnNode(context: Context, task: TaskView, line: string): Promise<string | null> {
  const { name, nodeId, containerId } = task;
  if (nodeId === null || containerId === null) return null;
  const node = await context.try("getNode", { id: nodeId, timeoutMs: lookMs });
  if (!node.ok || node.value === null) return null;
  return `${name} is on ${node.value.hostname}. Type there: docker ${line.replace("CONTAINER", containerId.slice(0, 12))}`;
}
