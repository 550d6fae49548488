// A task with probes is ready only while it runs, and only after its program has answered a check well in the same run.

import type { TaskView } from "../../model/task/view.ts";
import type { Checker } from "./checker.ts";

/** True when a probe must pass before the container is ready. */
export function waitsForProbe({ readinessProbe, startupProbe, health }: Probed): boolean {
  return readinessProbe !== undefined || startupProbe !== undefined || (health !== undefined && !health.disabled);
}

type Probed = Pick<TaskView, "readinessProbe" | "startupProbe" | "health">;
type Shown = NonNullable<TaskView["containers"]>[number];

export const readyHasPassed: Checker = {
  name: "ready-has-passed",
  sentence: "A task is ready only while it runs, and with probes only after a check of this run went well.",
  class: "safety",
  hooks: (_, fail) => {
    const passed = new Set<string>();
    const check = (id: string, shown: Probed & Pick<TaskView, "startedAt">, name: string) => {
      if (waitsForProbe(shown) && !passed.has(`${id} ${name} ${shown.startedAt}`))
        fail(`task ${id}${name} is ready, and no check of its run since ${shown.startedAt} went well`);
    };
    return {
      answered({ taskId, container, startedAt }, good) {
        if (!good) return;
        passed.add(`${taskId}  ${startedAt}`);
        passed.add(`${taskId} ${container} ${startedAt}`);
      },
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (after?.ready && after.status !== "running") fail(`task ${id} is ${after.status}, and ready`);
          if (!after?.containers) {
            if (after?.ready && !(before?.ready && before.startedAt === after.startedAt)) check(id, after, "");
            continue;
          }
          const isMain = ({ sidecar, status }: Shown) => !sidecar && status !== "completed";
          const unready = after.containers.find((one) => isMain(one) && !one.ready);
          if (after.ready && unready) fail(`task ${id} is ready, and its container ${unready.name} is not`);
          for (const one of after.containers) {
            const known = before?.containers?.find(({ name }) => name === one.name);
            if (one.ready && !(known?.ready && known.startedAt === one.startedAt)) check(id, one, one.name);
          }
        }
      },
    };
  },
};
