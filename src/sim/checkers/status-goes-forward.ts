// A status only goes forward, by the table of transitions; a finished task never changes.

import { isFinished } from "../../model/task/reason.ts";
import { isTransition } from "../../model/task/transitions.ts";
import type { Checker } from "./checker.ts";

export const statusGoesForward: Checker = {
  name: "status-goes-forward",
  sentence: "A status only goes forward, by the table of transitions; a finished task never changes.",
  class: "safety",
  hooks: (_, fail) => ({
    batch({ tasks }) {
      for (const { id, before, after } of tasks) {
        if (!before || !after) continue;
        const { status: from } = before;
        const { status: to } = after;
        if (isFinished(from) && to !== from) fail(`task ${id} had ${from}, and becomes ${to}`);
        else if (isFinished(from) && after.replacedBy === before.replacedBy)
          fail(`task ${id} had ${from}, and changes`);
        else if (to !== from && !isTransition(from, to)) fail(`task ${id} goes from ${from} to ${to}`);
      }
    },
  }),
};
