// A volume with one writer is written to by one task at a time: in the records, and by the containers on a machine.

import { isPlaced } from "../../model/task/reason.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Checker } from "./checker.ts";
import { volumesByContainer, volumesOf } from "./volume-mounts.ts";

export const singleWriter: Checker = {
  name: "single-writer",
  sentence:
    "A volume with one writer is mounted for writing by one task at a time, also by the containers on a machine.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    /** Of each task that was placed, by the container: its record may be gone while its containers run. */
    const mounted = new Map<string, ReturnType<typeof volumesByContainer>>();
    /** The containers that were started on each machine and write to the volume, with their tasks. */
    const started = new Map<WorkerMachine, Map<string, Map<string, string>>>();
    const hasOneWriter = (name: string) => truth.state.tables.volume.get(name)?.writers === 1;
    const writersOf = (name: string): TaskView[] =>
      [...truth.tasks.values()].filter(
        (task) => isPlaced(task.status) && volumesOf(task).some((volume) => volume.name === name && volume.writes),
      );
    return {
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (!after?.nodeId || before?.nodeId) continue;
          mounted.set(id, volumesByContainer(after));
          for (const { name, writes } of volumesOf(after)) {
            if (!writes) continue;
            const others = hasOneWriter(name) ? writersOf(name).filter(({ taskId }) => taskId !== id) : [];
            if (others.length > 0) fail(`${id} and ${others[0]!.taskId} may both write to the volume ${name}`);
          }
        }
      },
      run(machine, taskId, { container, containerId }) {
        const here = started.get(machine) ?? new Map<string, Map<string, string>>();
        started.set(machine, here);
        for (const { name, writes } of mounted.get(taskId)?.get(container) ?? []) {
          if (!writes) continue;
          const users = here.get(name) ?? new Map<string, string>();
          here.set(name, users.set(containerId, taskId));
          for (const [id, other] of users) {
            if (other === taskId) continue;
            if (!isRunning(machine, id)) users.delete(id);
            else if (hasOneWriter(name)) fail(`${taskId} and ${other} write to the volume ${name} on ${machine.name}`);
          }
        }
      },
    };
  },
};

function isRunning({ engine }: WorkerMachine, containerId: string): boolean {
  return engine.all().some((one) => one.containerId === containerId && one.status === "running");
}
