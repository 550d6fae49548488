// Who lists once and then watches has what a list says, over every break.

import type { TaskView } from "../../api/views/task.ts";
import type { Checker } from "./checker.ts";

export const streamEqualsList: Checker = {
  name: "stream-equals-list",
  sentence: "Who lists once and then watches has, over every break, what a list says.",
  class: "safety",
  look: ({ list, mirror, truth }, wrong) => {
    const textOf = cachedTexts();
    let comparedAt = -1;
    const compare = (tasks: readonly TaskView[]) => {
      const certain = new Map(tasks.map((task) => [task.taskId, task]));
      for (const task of mirror.tasks.values()) {
        const there = certain.get(task.taskId);
        if (there === undefined) wrong(`a watcher still has ${task.taskId}, which was removed`);
        else if (textOf(there) !== textOf(task))
          wrong(`a watcher has ${task.taskId} as ${task.status}: it missed a change`);
      }
      if (mirror.tasks.size < tasks.length) wrong(`a watcher has ${mirror.tasks.size} of ${tasks.length} tasks`);
    };
    return {
      now() {
        // Only then is nothing on its way to it.
        const { revision } = truth.state;
        if (mirror.revision !== revision || revision === comparedAt) return;
        comparedAt = revision;
        compare([...truth.tasks.values()]);
      },
      settled: async () => compare(await list()),
    };
  },
};

/** Records are never changed in place, so that the text of each is made once. */
function cachedTexts(): (task: TaskView) => string {
  const texts = new WeakMap<TaskView, string>();
  return (task) => {
    let text = texts.get(task);
    if (text === undefined) {
      text = JSON.stringify(task);
      texts.set(task, text);
    }
    return text;
  };
}
