// A client that lists once and then watches has what a list says, over every broken connection.

import type { TaskView } from "../../api/views/task.ts";
import type { Checker } from "./checker.ts";

export const streamEqualsList: Checker = {
  name: "stream-equals-list",
  sentence: "A client that lists once and then watches has what a list says, over every broken connection.",
  class: "safety",
  hooks: ({ list, watchClient, truth }, fail) => {
    const textOf = cachedTexts();
    let comparedAt = -1;
    const compare = (tasks: readonly TaskView[]) => {
      const certain = new Map(tasks.map((task) => [task.taskId, task]));
      for (const task of watchClient.tasks.values()) {
        const there = certain.get(task.taskId);
        if (there === undefined) fail(`the watch client still has ${task.taskId}, which was removed`);
        else if (textOf(there) !== textOf(task))
          fail(`the watch client has ${task.taskId} as ${task.status}: it missed a change`);
      }
      if (watchClient.tasks.size < tasks.length)
        fail(`the watch client has ${watchClient.tasks.size} of ${tasks.length} tasks`);
    };
    return {
      periodic() {
        // Only then is no event under way.
        const { revision } = truth.state;
        if (watchClient.revision !== revision || revision === comparedAt) return;
        comparedAt = revision;
        compare([...truth.tasks.values()]);
      },
      quiescent: async () => compare(await list()),
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
