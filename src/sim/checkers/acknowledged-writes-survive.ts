// A write that was acknowledged to a client survives every crash.

import { isFinished } from "../../model/task/reason.ts";
import type { Checker } from "./checker.ts";

export const acknowledgedWritesSurvive: Checker = {
  name: "acknowledged-writes-survive",
  sentence: "A write that was acknowledged to a client survives every crash.",
  class: "safety",
  hooks: ({ truth, ledger, list }, fail) => ({
    recovered() {
      for (const [serviceId, newest] of ledger.services.newest) {
        if (truth.removed.has(serviceId)) continue;
        const service = truth.state.tables.service.get(serviceId);
        if (!service) fail(`service ${serviceId} was acknowledged, and the log has lost it`);
        else if (service.newest < newest)
          fail(`revision ${newest} of ${service.name} was acknowledged, and is in no log`);
      }
      for (const [key, taskId] of ledger.created) {
        if (!truth.knows(taskId)) fail(`task ${taskId} was acknowledged for ${key}, and the log has lost it`);
      }
    },
    async quiescent() {
      for (const taskId of ledger.created.values()) {
        if (!truth.knows(taskId)) fail(`task ${taskId} was acknowledged, and is in no log`);
      }
      for (const serviceId of ledger.services.newest.keys()) {
        if (!truth.state.tables.service.has(serviceId) && !truth.removed.has(serviceId))
          fail(`service ${serviceId} was acknowledged, and is in no log`);
      }
      for (const serviceId of ledger.services.removed) {
        if (truth.state.tables.service.has(serviceId))
          fail(`service ${serviceId} was acknowledged as removed, and is there`);
      }
      for (const taskId of ledger.removed) {
        if (truth.tasks.has(taskId)) fail(`task ${taskId} was acknowledged as removed, and is there`);
      }
      for (const taskId of ledger.stopped) {
        const task = truth.tasks.get(taskId);
        if (task && !isFinished(task.status)) fail(`task ${taskId} was to stop, and is ${task.status}`);
      }
      const listed = new Set((await list()).map((task) => task.taskId));
      for (const taskId of ledger.created.values()) {
        if (truth.tasks.has(taskId) && !listed.has(taskId)) fail(`the master does not list task ${taskId}`);
      }
    },
  }),
};
