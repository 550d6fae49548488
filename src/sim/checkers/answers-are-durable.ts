// No answer and no event shows a change that a crash at that moment would lose.

import type { Checker } from "./checker.ts";

export const answersAreDurable: Checker = {
  name: "answers-are-durable",
  sentence: "No answer and no event shows a change that a crash at that moment would lose.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    sent(task) {
      if (truth.was(task)) return;
      const certain = truth.tasks.get(task.taskId);
      const said = `task ${task.taskId} was shown as ${task.status} (${task.reason.message})`;
      fail(`${said}; on the disk it is ${certain ? `${certain.status} (${certain.reason.message})` : "not there"}`);
    },
  }),
};
