// Who lists once and then watches has what a list says, over every break.

import type { Checker } from "./checker.ts";

export const streamEqualsList: Checker = {
  name: "stream-equals-list",
  sentence: "Who lists once and then watches has, over every break, what a list says.",
  class: "safety",
  look: ({ list, mirror }, wrong) => ({
    async settled() {
      const listed = await list();
      const mirrored = [...mirror.tasks.values()].sort((left, right) => (left.taskId < right.taskId ? -1 : 1));
      const text = new Map(listed.map((task) => [task.taskId, JSON.stringify(task)]));
      for (const task of mirrored) {
        const said = text.get(task.taskId);
        if (said === undefined) wrong(`a watcher still has ${task.taskId}, which was removed`);
        else if (said !== JSON.stringify(task))
          wrong(`a watcher has ${task.taskId} as ${task.status}: it missed a change`);
      }
      if (mirrored.length < listed.length) wrong(`a watcher has ${mirrored.length} of ${listed.length} tasks`);
    },
  }),
};
